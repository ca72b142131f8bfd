/** The inside of one actor. Everything beyond the bare minimum is made when it is first needed. */
import type { ActorOptions, Behavior, Signal, StopReason } from '../actor.ts';
import type { TimerHandle } from '../clock.ts';
import type { ReplyRef } from '../messaging/reply-ref.ts';
import type { DurableState } from '../durable/durable-state.ts';
import type { Histogram } from '../inspect/histogram.ts';
import type { AnyRef } from '../ref.ts';
import type { Context } from './context.ts';
import type { Core } from './core.ts';
import type { LocalRef } from './local-ref.ts';
import { NO_RING } from './ring.ts';
import type { Ring } from './ring.ts';

/** Behavior whose types are erased: the cell does not care. */
export type AnyBehavior = Behavior<unknown, unknown>;
/** Options whose types are erased. */
export type AnyOptions = ActorOptions<unknown, unknown>;

/** A message to the cell itself, ahead of user messages. */
export type SystemMessage =
  | { readonly kind: 'stop' }
  | { readonly kind: 'child-stopped' }
  | { readonly kind: 'crash'; readonly fault: Fault }
  | { readonly kind: 'decision'; readonly fault: Fault; readonly decision: unknown };

/** One crash on its way to a decision. */
export interface Fault {
  /** The actor that crashed first. */
  readonly faulted: Cell;
  /** Child through which it was escalated to the present decider; undefined while it decides for itself. */
  readonly child: Cell | undefined;
  readonly message: unknown;
  readonly error: unknown;
  readonly origin: unknown;
}

/** A handler whose promise is open. */
export class Turn {
  readonly cell: Cell;
  readonly message: unknown;
  readonly origin: unknown;
  readonly startedMs: number;
  reported = false;

  constructor(cell: Cell, message: unknown, startedMs: number) {
    this.cell = cell;
    this.message = message;
    this.origin = cell.context!.origin;
    this.startedMs = startedMs;
  }
}

/** What an actor has only once it needs it. */
export class CellExtras {
  lane: SystemMessage[] | undefined;
  signals: Signal[] | undefined;
  lanes: Ring[] | undefined;
  /** Messages that wait outside a full mailbox with `backpressure`: message, origin, sending cell. */
  parked: unknown[] | undefined;
  parkedHead = 0;
  /** Messages of this actor that wait outside other mailboxes. */
  blockedCount = 0;
  stash: unknown[] | undefined;
  watchers: Set<Watcher> | undefined;
  watching: Map<AnyRef, Watcher> | undefined;
  timers: Map<string, TimerHandle> | undefined;
  turn: Turn | undefined;
  effects: (() => void | Promise<void>)[] | undefined;
  durable: DurableState | undefined;
  restartCount = 0;
  /** Crashes in a row without a message handled in between. */
  failedStartCount = 0;
  processedAtStart = 0;
  lastError: { message: string; stack?: string; atWallMs: number } | undefined;
  backoff: TimerHandle | undefined;
  stopReason: StopReason | undefined;
  stopCause: unknown;
  stopQueue: LocalRef[] | undefined;
  stopPhase: StopPhase = 'none';
  stopWaiters: (() => void)[] | undefined;
  selfStop = false;
  resetCause: unknown;
  /** The initial state could not be made: there is nothing to resume with. */
  stateMissing = false;
  /** The start under way; a later one makes it void. */
  startCount = 0;
  idleTimer: TimerHandle | undefined;
  idleSinceMs = 0;
  fenceTimer: TimerHandle | undefined;
  handling: Histogram | undefined;
  waiting: Histogram | undefined;
  /** The message whose waiting time is being taken: how many must be taken before it, and when it came. */
  probeAhead = -1;
  probeSinceMs = 0;
}

/** Where a stopping actor stands. */
export type StopPhase = 'none' | 'turn' | 'children' | 'after-stop' | 'done';

/** One death watch; `notify` is called at most once. */
export interface Watcher {
  notify(ref: AnyRef, reason: StopReason): void;
  cancel(): void;
}

/** One actor. The hot fields come first; an idle cell with its ref is about 200 bytes. */
export class Cell {
  flags: number;
  ring: Ring = NO_RING;
  behavior: AnyBehavior;
  state: unknown;
  context: Context | undefined = undefined;
  processed = 0;
  nextReady: Cell | undefined = undefined;
  /** Head of the list of open asks to this actor. */
  asks: ReplyRef | undefined = undefined;
  readonly core: Core;
  readonly ref: LocalRef;
  readonly parent: Cell | undefined;
  readonly name: string;
  options: AnyOptions | undefined;
  children: Map<string, LocalRef> | undefined = undefined;
  extras: CellExtras | undefined = undefined;
  /** Milliseconds after the start of the system, whole. */
  readonly startedMs: number;

  constructor(made: CellParts) {
    this.flags = made.flags;
    this.behavior = made.behavior;
    this.core = made.core;
    this.ref = made.ref;
    this.parent = made.parent;
    this.name = made.name;
    this.options = made.options;
    this.state = made.options?.initialState;
    this.startedMs = made.startedMs;
  }

  /** The lazily made part. */
  more(): CellExtras {
    return (this.extras ??= new CellExtras());
  }

  /** Path built from the names up to the root. O(depth). */
  path(): string {
    if (this.parent === undefined) return '/';
    let path = `/${this.name}`;
    for (let above = this.parent; above.parent !== undefined; above = above.parent) {
      path = `/${above.name}${path}`;
    }
    return path;
  }

  /** Messages that wait, of all lanes, without those parked outside. */
  depth(): number {
    let depth = this.ring.size;
    const lanes = this.extras?.lanes;
    if (lanes !== undefined) for (const lane of lanes) depth += lane.size;
    return depth;
  }
}

/** What a cell is made of at spawn. */
export interface CellParts {
  flags: number;
  behavior: AnyBehavior;
  core: Core;
  ref: LocalRef;
  parent: Cell | undefined;
  name: string;
  options: AnyOptions | undefined;
  startedMs: number;
}
