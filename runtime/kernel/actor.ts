/** What an actor is made of: behavior, context, options, signals, crash handling. */
import type { TimerHandle } from './clock.ts';
import type { Envelope } from './messaging/envelope.ts';
import type { ActorRef, AnyRef } from './ref.ts';

/**
 * One message at a time: takes state and message, gives the next state. A behavior that returns no promise
 * costs
 * no promise; one that does is awaited before the next user message, while system messages still flow.
 */
export type Behavior<S, M> = (state: S, message: M, ctx: ActorContext<M>) => S | Promise<S>;

/** What happened to another actor, or to this one; handled by `onSignal`, ahead of user messages. */
export type Signal =
  /** A watched actor is gone. `reason` is `stopped`, `crashed`, `unreachable` or `never-existed`. */
  | { readonly kind: 'terminated'; readonly ref: AnyRef; readonly reason: StopReason }
  /** This actor was reset after a crash; state is fresh. */
  | { readonly kind: 'restarted'; readonly cause: unknown }
  /** The lease behind `ctx.fence` ended: no more effects are allowed. */
  | { readonly kind: 'lease-lost'; readonly generation: number };

/** Why an actor ended. */
export type StopReason = 'stopped' | 'crashed' | 'unreachable' | 'never-existed';

/**
 * Decision on a crash; names are nact's, kebab-cased. The failing actor's own `onCrash` decides first;
 * `escalate`
 * (and an `onCrash` that throws or never answers) hands the crash to the parent. Default: `stop`.
 */
export type CrashDirective =
  | 'stop'
  | 'stop-all'
  | 'stop-child'
  | 'stop-all-children'
  | 'resume'
  | 'reset'
  | 'reset-all'
  | 'reset-child'
  | 'reset-all-children'
  | 'escalate';

/** A directive, optionally after a delay (back-off); the crashed actor takes no message meanwhile. */
export type CrashDecision = CrashDirective | { readonly directive: CrashDirective; readonly delayMs: number };

/** Context given to `onCrash`. */
export interface CrashContext<M> extends ActorContext<M> {
  /** Messages that wait in the mailbox, oldest first. */
  readonly mailbox: readonly M[];
  /** How often the crashed actor was reset since it was spawned. */
  readonly restarts: number;
}

/** Decides what happens after a crash; `child` is set when a child's crash was escalated to this actor. */
export type CrashHandler<M> = (
  message: M | undefined,
  error: unknown,
  ctx: CrashContext<M>,
  child: AnyRef | undefined,
) => CrashDecision | Promise<CrashDecision>;

/** What a full mailbox does with the next message. */
export type OverflowPolicy =
  /** The new message becomes a dead letter (`mailbox-full`); an ask fails at once with `mailbox_full`. */
  | 'reject'
  /** The oldest user message becomes a dead letter. Forbidden on the decision path. */
  | 'drop-oldest'
  /**
   * The message is parked outside the ring until there is room, in order; `ref.tell` still returns at once.
   */
  | 'backpressure';

/** Settings of one mailbox. */
export interface MailboxOptions<M> {
  /** Messages that may wait (default 1,024). */
  readonly capacity?: number;
  readonly overflow?: OverflowPolicy;
  /** Slots kept free for messages that `isReserved` accepts (replies, ballots). */
  readonly reserved?: number;
  readonly isReserved?: (message: M) => boolean;
  /** Lane of a message, 0 first; without it there is one lane. */
  readonly priority?: (message: M) => number;
  /** Number of lanes when `priority` is given (default 3). */
  readonly lanes?: number;
}

/** Settings of one actor. */
export interface ActorOptions<S, M> {
  readonly initialState?: S;
  /** Called at spawn and at each reset; one that throws counts as a crash, bounded by the restart limit. */
  readonly initialStateFunc?: (ctx: ActorContext<M>) => S | Promise<S>;
  readonly onCrash?: CrashHandler<M>;
  /** After the last message; its failure is logged and changes nothing. */
  readonly afterStop?: (state: S, ctx: ActorContext<M>) => void | Promise<void>;
  readonly onSignal?: (state: S, signal: Signal, ctx: ActorContext<M>) => S | Promise<S>;
  readonly mailbox?: MailboxOptions<M>;
  /** Stops the actor after this many ms without a message. */
  readonly shutdownAfterMs?: number;
  /** A handler that takes longer is reported (never killed); default 1,000 ms. */
  readonly slowHandlerMs?: number;
  /** How long a stop waits for an open handler, and again for `afterStop` (default 1,000 ms). */
  readonly stopGraceMs?: number;
  /** Name of the behavior for the inspector; default the function's name. */
  readonly behaviorName?: string;
  /** Names the state for the inspector (`idle`, `round-1`). */
  readonly stateName?: (state: S) => string;
  /** Generation under which the actor acts; see `ctx.fence`. */
  readonly fence?: Fence;
}

/** Generation of the lease under which an actor may act; handed to every store write. */
export interface Fence {
  readonly generation: number;
  /** False once the lease is lost or suspended: no slice runs and no effect starts. */
  isHeld(): boolean;
}

/** What a behavior may use while it handles a message. */
export interface ActorContext<M> {
  readonly self: ActorRef<M>;
  readonly name: string;
  readonly path: string;
  readonly parent: AnyRef | undefined;
  /** Sender of the current message, if it said so. */
  readonly sender: AnyRef | undefined;
  /** Live children by name. O(1); the map is the actor's own, do not keep it. */
  readonly children: ReadonlyMap<string, AnyRef>;
  readonly system: ActorSystemRef;
  readonly log: ActorLog;
  readonly fence: Fence | undefined;
  /** Id, correlation, trace context and the like of the current message; made at the first look. */
  readonly envelope: Envelope;
  /** Remaining time and cancellation of the current message, when it came with one. */
  readonly budget: Budget | undefined;
  /** Stops this actor after the current message. */
  stop(): void;
  /** Death watch: `onSignal` gets one `terminated`, also when the actor is already gone. */
  watch(ref: AnyRef): void;
  unwatch(ref: AnyRef): void;
  /** Puts the current message aside until `unstashAll`. @throws mailbox_full past the mailbox's capacity */
  stash(): void;
  unstashAll(): void;
  /** Sends `message` to self after `delayMs`; a timer of the same name replaces the earlier one. */
  setTimer(name: string, delayMs: number, message: M): TimerHandle;
  cancelTimer(name: string): void;
  /** Runs `task`; its result comes back as a message, so state is never touched from outside a turn. */
  pipeToSelf<T>(task: () => Promise<T>, toMessage: (result: PromiseSettledResult<T>) => M): void;
  /**
   * Durable actors: appends an event; the promise resolves when it is durable. Others: @throws
   * not_supported
   */
  persist(event: unknown): Promise<void>;
  /** Runs `task` only after every event persisted in this turn is durable and the fence is held. */
  effect(task: () => void | Promise<void>): void;
}

/** Remaining time and cancellation of a piece of work; travels as remaining ms, never as a wall time. */
export interface Budget {
  remainingMs(): number;
  readonly signal: AbortSignal;
  /**
   * Tells `listener` why the budget ended, once: at once where it has ended, never after it was released. The
   * same as an `abort` of `signal`, without the price of one. Returns an unsubscribe.
   */
  onEnd(listener: (reason: unknown) => void): () => void;
  /** A part of this budget: at most `ms`, never more than what remains less `reserveMs`. */
  slice(ms: number, reserveMs?: number): Budget;
}

/** Structured log of one actor; fields are JSON values. */
export interface ActorLog {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The part of a system that actors may reach through `ctx.system`. */
export interface ActorSystemRef {
  readonly name: string;
  readonly node: string;
  readonly root: AnyRef;
  readonly clock: import('./clock.ts').Clock;
  readonly random: import('./clock.ts').Random;
  /** Live actor at `path`, or undefined. */
  find(path: string): AnyRef | undefined;
}
