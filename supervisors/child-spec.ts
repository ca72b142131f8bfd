/** What a supervisor must know of a child. */
import type { ActorOptions, Behavior } from '../runtime/kernel/actor.ts';
import type { AnyRef } from '../runtime/kernel/ref.ts';
import { spawn } from '../runtime/kernel/index.ts';
import type { BackoffOptions } from './backoff.ts';

/** When a child that ended is started again: always, only after a crash, or never. */
export type RestartKind = 'permanent' | 'transient' | 'temporary';

/** Restarts of one child that are allowed inside a window; one more is escalated. */
export interface RestartIntensity {
  readonly maxRestarts: number;
  readonly withinMs: number;
}

/** The usual restart intensity of a child: 5 in 60 s. */
export const DEFAULT_INTENSITY: RestartIntensity = { maxRestarts: 5, withinMs: 60_000 };

/** One child of a supervisor. @source OTP supervisor, child_spec() */
export interface ChildSpec {
  /** Unique below its supervisor; also the actor's name when `actorChild` made the spec. */
  readonly id: string;
  /**
   * Spawns the actor below `parent`; called at the start and whenever the actor is replaced. A throw counts
   * as a crash of the child.
   */
  start(parent: AnyRef): AnyRef;
  /** Default `permanent`. */
  readonly restart?: RestartKind;
  /** Default 5 in 60 s, counted for this child alone. */
  readonly intensity?: RestartIntensity;
  readonly backoff?: BackoffOptions;
  /** How long a group restart waits for the child's end before it goes on (default 5,000). */
  readonly shutdownMs?: number;
}

/** A child that is one actor: its behavior and the supervisor's settings together. */
export interface ActorChild<S, M> extends Omit<ChildSpec, 'start'> {
  readonly behavior: Behavior<S, M>;
  readonly options?: ActorOptions<S, M>;
}

/**
 * Spec of an actor whose crashes are handed to its supervisor.
 *
 * Under one-for-one it is then reset in place: same ref, same mailbox, fresh state. An `onCrash` in `options`
 * decides first; only what it escalates, and an end of the actor, reaches the supervisor.
 */
export function actorChild<S, M>({ behavior, options, ...spec }: ActorChild<S, M>): ChildSpec {
  return {
    ...spec,
    start: (parent) => spawn<S, M>(parent, behavior, spec.id, { onCrash: () => 'escalate', ...options }),
  };
}
