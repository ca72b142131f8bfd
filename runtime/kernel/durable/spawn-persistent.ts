/** Durable actors: commands come in, events are stored, the state is what the events make of it. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ActorContext, ActorOptions } from '../actor.ts';
import type { AnyBehavior, AnyOptions } from '../cell/cell.ts';
import { DURABLE } from '../cell/flags.ts';
import { initialise } from '../lifecycle/starting.ts';
import { messageTypeOf } from '../messaging/envelope.ts';
import type { JournalPort } from '../ports/journal.ts';
import type { ActorRef } from '../ref.ts';
import { makeCell } from '../lifecycle/spawn.ts';
import type { Parent } from '../lifecycle/spawn.ts';
import { DurableState } from './durable-state.ts';
import type { StoredShape } from './durable-state.ts';

/** Context of a durable actor. */
export interface DurableContext<S, M, E> extends ActorContext<M> {
  /**
   * State with every event applied that is stored so far; newer than the argument after an awaited `persist`.
   */
  readonly state: S;
  /** Sequence of the last stored event; 0 before the first. */
  readonly sequence: number;
  /**
   * Stores an event and applies it; resolves when it is durable and `ctx.state` shows it.
   *
   * Events of one synchronous stretch are appended together, all or nothing. The turn ends only when all its
   * events are stored, awaited or not; when an append fails, the turn crashes and the state is rebuilt from
   * the journal.
   */
  persist(event: E): Promise<void>;
}

/**
 * Handles a command: reads the state, persists events, declares effects. It cannot change the state itself.
 */
export type DurableBehavior<S, M, E> = (
  state: S,
  message: M,
  ctx: DurableContext<S, M, E>,
) => void | Promise<void>;

/** Settings of a durable actor. */
export interface DurableOptions<S, M, E> extends Omit<
  ActorOptions<S, M>,
  'initialState' | 'initialStateFunc'
> {
  readonly journal: JournalPort;
  /** State before the first event; copied, so it may be shared. Plain data that `structuredClone` takes. */
  readonly initialState: S;
  /**
   * Pure: gives a new state and leaves the old one as it was; runs at `persist` and again at each recovery.
   */
  readonly apply: (state: S, event: E) => S;
  /** Version of the shapes of event and state (default 1); stored with each. */
  readonly schemaVersion?: number;
  /** Turns an event or a state of an older version into the present shape. */
  readonly migrate?: (stored: StoredShape) => unknown;
  /** Events between two snapshots (default 100); `Infinity`: none. */
  readonly snapshotEvery?: number;
  /** Type under which an event is stored (default: its `type` field). */
  readonly eventType?: (event: E) => string;
}

/**
 * Starts a durable actor: it rebuilds its state from snapshot and events before it takes its first message.
 *
 * One writer per key: when another one stored an event in between, or acts under a higher generation, this
 * actor stops with `stale_writer` and its asks fail `crashed` with that reason. `ctx.effect` runs after the
 * events of the turn are durable and only while `options.fence` is held. A crash at any moment loses no
 * stored event.
 *
 * @param key Key in the journal; stays the same when the actor moves.
 * @throws already_exists, stopped, invalid_argument as `spawn`
 * @example
 * spawnPersistent(system, (count, add: number, ctx) => ctx.persist(add), 'total-1', 'total',
 *   { journal, initialState: 0, apply: (count, add) => count + add });
 */
export function spawnPersistent<S, M, E>(
  parent: Parent,
  behavior: DurableBehavior<S, M, E>,
  key: string,
  ...[name, options]: [name: string | undefined, options: DurableOptions<S, M, E>]
): ActorRef<M> {
  if (key === '') throw new WitanError('invalid_argument', 'A durable actor needs a key', { path: 'key' });
  const { journal, initialState, apply, migrate, eventType } = options;
  const { schemaVersion = 1, snapshotEvery = 100 } = options;
  const named = { behaviorName: behavior.name || 'anonymous', ...options, initialState: undefined };
  const made = { name, options: named as unknown as AnyOptions };
  const cell = makeCell(parent, behavior as unknown as AnyBehavior, made);
  cell.flags |= DURABLE;
  cell.more().durable = new DurableState({
    journal,
    key,
    initialState,
    apply: apply as (state: unknown, event: unknown) => unknown,
    schemaVersion,
    migrate,
    snapshotEvery,
    eventType: (eventType as ((event: unknown) => string) | undefined) ?? messageTypeOf,
  });
  initialise(cell, () => cell.core.wake(cell));
  return cell.ref as ActorRef<M>;
}
