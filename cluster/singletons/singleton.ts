/** Actor that runs a child on exactly one node of the cluster. */
import { singletonClaim } from '../../contracts/cluster-names.ts';
import { spawn } from '../../runtime/kernel/index.ts';
import type { ActorRef, AnyRef, Parent } from '../../runtime/kernel/index.ts';
import type { ActorContext, Fence } from '../../runtime/kernel/actor.ts';
import type { ChildSpec } from '../../supervisors/child-spec.ts';
import type { Claims, HeldClaim } from '../claims/claims.ts';
import type { Members } from '../membership/members.ts';
import type { NodeLease } from '../membership/node-lease.ts';
import type { Need } from '../placement/eligibility.ts';
import { DEFAULT_LOOK_MS, SingletonRun } from './singleton-run.ts';

/** Settings of a singleton; the same on every node that may run it. */
export interface SingletonOptions {
  /** Kebab-case; part of the claim's name. */
  readonly name: string;
  /**
   * The child of one ownership. Hand `fence` to the actors that it starts (`ActorOptions.fence`), and its
   * generation to the stores that they write to.
   */
  readonly child: (fence: Fence) => ChildSpec;
  readonly claims: Claims;
  readonly members: Members;
  readonly lease: NodeLease;
  /** Which members may run it (default: all that are up). */
  readonly need?: Need;
  /** How long a node leaves what is free to each one wished for before it, ms (default 2,000). */
  readonly standbyMs?: number;
  /** How often it looks without being told of a change, ms (default 250). */
  readonly lookMs?: number;
}

/** What a singleton takes; all but `look` and `drain` it tells itself. */
export type SingletonMessage =
  | { readonly type: 'look' }
  | { readonly type: 'drain' }
  | { readonly type: 'took'; readonly claim: HeldClaim | undefined }
  | { readonly type: 'released' };

/** A node's part of a singleton. */
export interface Singleton {
  readonly ref: ActorRef<SingletonMessage>;
  readonly name: string;
  /** The child's supervisor while the child runs here. */
  running(): AnyRef | undefined;
  /** Generation of the ownership while this node has it. */
  generation(): number | undefined;
  /** Stops the child, gives the claim up and takes it no more; resolves when that is done. */
  drain(): Promise<void>;
}

/**
 * Spawns this node's part of a singleton below `parent`; it begins at once.
 *
 * One who runs it goes on running it, whoever would be wished for: it moves when its node drains or its lease
 * is lost. A child whose supervisor gives up gives the claim up, and leaves it to others for a while.
 */
export function spawnSingleton(parent: Parent, options: SingletonOptions): Singleton {
  const run = new SingletonRun(options);
  const lookMs = options.lookMs ?? DEFAULT_LOOK_MS;
  const claim = singletonClaim(options.name);
  let stopListening = (): void => {};
  const behavior = (
    _state: undefined,
    message: SingletonMessage,
    ctx: ActorContext<SingletonMessage>,
  ): undefined => {
    if (message.type === 'look') ctx.setTimer('look', lookMs, { type: 'look' });
    run.handle(message, ctx);
    return undefined;
  };
  const ref = spawn<undefined, SingletonMessage>(parent, behavior, `singleton-${options.name}`, {
    behaviorName: 'singleton',
    stateName: () => run.stateName,
    mailbox: { reserved: 16, isReserved: ({ type }) => type !== 'look' },
    onSignal: (state, signal, ctx) => {
      if (signal.kind === 'terminated') run.childEnded(signal.ref, ctx);
      return state;
    },
    // A supervisor that gives up is stopped; what that means is decided when its end is seen.
    onCrash: (_message, _error, _ctx, child) => (child === undefined ? 'resume' : 'stop-child'),
    afterStop: () => stopListening(),
  });
  const look = (): void => {
    if (run.askToLook()) ref.tell({ type: 'look' });
  };
  const stops = [
    options.members.onChange(look),
    options.claims.onChange((names) => {
      if (names.includes(claim)) look();
    }),
    options.lease.onChange(look),
  ];
  stopListening = () => stops.forEach((stop) => stop());
  look();
  return {
    ref,
    name: options.name,
    running: () => run.child,
    generation: () => run.generation,
    drain: () => {
      const drained = run.drained();
      ref.tell({ type: 'drain' });
      return drained;
    },
  };
}
