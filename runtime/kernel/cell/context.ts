/** What a behavior sees while it handles a message; one object per actor, made at its first message. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ActorContext, ActorLog, ActorSystemRef, Budget, CrashContext, Fence } from '../actor.ts';
import type { TimerHandle } from '../clock.ts';
import { budgetOf, openEnvelope, senderOf } from '../messaging/envelope.ts';
import type { Envelope } from '../messaging/envelope.ts';
import type { LogLevel } from '../ports/telemetry.ts';
import type { AnyRef } from '../ref.ts';
import { capacityOf, nextRing } from './admission.ts';
import type { Cell } from './cell.ts';
import { unwatch, watch } from './death-watch.ts';
import { SPECIAL_MAILBOX, STOPPED, STOPPING, TURN_END } from './flags.ts';
import type { LocalRef } from './local-ref.ts';
import { Ring, NO_RING } from './ring.ts';

const NO_CHILDREN: ReadonlyMap<string, AnyRef> = new Map();

/** Context of one incarnation; a reset gives the actor a new one and the old one refuses to act. */
export class Context implements ActorContext<unknown> {
  readonly cell: Cell;
  /** Sender, reply reference or parcel of the current message. */
  origin: unknown = undefined;
  /** The current message; kept only while something may put it aside or wrap it. */
  message: unknown = undefined;
  private opened: Envelope | undefined = undefined;
  private openedFor = -1;

  constructor(cell: Cell) {
    this.cell = cell;
  }

  get self(): LocalRef {
    return this.cell.ref;
  }

  get name(): string {
    return this.cell.ref.name;
  }

  get path(): string {
    return this.cell.path();
  }

  get parent(): AnyRef | undefined {
    return this.cell.parent?.ref;
  }

  get sender(): AnyRef | undefined {
    return senderOf(this.origin);
  }

  get children(): ReadonlyMap<string, AnyRef> {
    return this.cell.children ?? NO_CHILDREN;
  }

  get system(): ActorSystemRef {
    return this.cell.core.system;
  }

  get log(): ActorLog {
    return new CellLog(this.cell);
  }

  get fence(): Fence | undefined {
    return this.cell.options?.fence;
  }

  get budget(): Budget | undefined {
    return budgetOf(this.origin);
  }

  get envelope(): Envelope {
    const cell = this.cell;
    if (this.opened === undefined || this.openedFor !== cell.processed) {
      const makeId = (): string => `${cell.core.node}-${cell.core.nextMessageId++}`;
      this.opened = openEnvelope(this.message, this.origin, { recipient: cell.path(), makeId });
      this.openedFor = cell.processed;
    }
    return this.opened;
  }

  /** State as it stands; durable actors read it after an awaited `persist`. */
  get state(): unknown {
    return this.cell.state;
  }

  /** Sequence of the last stored event of a durable actor; 0 for others. */
  get sequence(): number {
    return this.cell.extras?.durable?.sequence ?? 0;
  }

  stop(): void {
    const cell = this.live();
    cell.more().selfStop = true;
    cell.core.stopCell(cell, 'stopped');
  }

  watch(ref: AnyRef): void {
    watch(this.live(), ref);
  }

  unwatch(ref: AnyRef): void {
    unwatch(this.cell, ref);
  }

  stash(): void {
    const cell = this.live();
    const stash = (cell.more().stash ??= []);
    if (stash.length / 2 >= capacityOf(cell)) {
      throw new WitanError('mailbox_full', 'The stash is full', { path: cell.path() });
    }
    stash.push(this.message, this.origin);
  }

  unstashAll(): void {
    unstash(this.live());
  }

  setTimer(name: string, delayMs: number, message: unknown): TimerHandle {
    const cell = this.live();
    const timers = (cell.more().timers ??= new Map<string, TimerHandle>());
    timers.get(name)?.cancel();
    const handle = cell.core.clock.setTimer(delayMs, () => {
      if (timers.get(name) === handle) timers.delete(name);
      cell.ref.tell(message, cell.ref);
    });
    timers.set(name, handle);
    return handle;
  }

  cancelTimer(name: string): void {
    const timers = this.cell.extras?.timers;
    timers?.get(name)?.cancel();
    timers?.delete(name);
  }

  pipeToSelf<T>(task: () => Promise<T>, toMessage: (result: PromiseSettledResult<T>) => unknown): void {
    const cell = this.live();
    const core = cell.core;
    core.openPipes += 1;
    const finish = (result: PromiseSettledResult<T>): void => {
      try {
        cell.ref.tell(toMessage(result), cell.ref);
      } catch (error) {
        core.callbackFailed(cell, 'pipeToSelf', error);
      }
      core.openPipes -= 1;
      core.noteQuiet();
    };
    // The extra step also catches a task that throws before it makes a promise.
    Promise.resolve()
      .then(task)
      .then(
        (value) => finish({ status: 'fulfilled', value }),
        (reason: unknown) => finish({ status: 'rejected', reason }),
      );
  }

  persist(event: unknown): Promise<void> {
    const durable = this.cell.extras?.durable;
    if (durable === undefined) {
      return Promise.reject(new WitanError('not_supported', 'Only durable actors persist events'));
    }
    return durable.persist(this.live(), event);
  }

  effect(task: () => void | Promise<void>): void {
    const cell = this.live();
    (cell.more().effects ??= []).push(task);
    cell.flags |= TURN_END;
  }

  /** The cell, if this context still speaks for it. */
  protected live(): Cell {
    const cell = this.cell;
    if (cell.context !== this || (cell.flags & STOPPED) !== 0) {
      throw new WitanError('stopped', 'The actor was stopped or reset while this ran', { path: cell.path() });
    }
    return cell;
  }
}

/** Context given to `onCrash`; it may put the message that crashed aside for a later attempt. */
export class CrashedContext extends Context implements CrashContext<unknown> {
  readonly restarts: number;

  constructor(cell: Cell, message: unknown, origin: unknown) {
    super(cell);
    this.message = message;
    this.origin = origin;
    this.restarts = cell.extras?.restartCount ?? 0;
  }

  get mailbox(): readonly unknown[] {
    const messages: unknown[] = [];
    for (const ring of this.cell.extras?.lanes ?? [this.cell.ring]) {
      for (let index = 0; index < ring.size; index += 1) messages.push(ring.messageAt(index));
    }
    return messages;
  }

  protected override live(): Cell {
    if ((this.cell.flags & (STOPPING | STOPPED)) === 0) return this.cell;
    throw new WitanError('stopped', 'The actor is stopped', { path: this.cell.path() });
  }
}

/** Context of a cell, made at the first need. */
export function contextOf(cell: Cell): Context {
  return (cell.context ??= new Context(cell));
}

/** Puts the stashed messages in front of those that wait, in their old order. */
export function unstash(cell: Cell): void {
  const extras = cell.extras;
  const stash = extras?.stash;
  if (extras === undefined || stash === undefined || (cell.flags & STOPPING) !== 0) return;
  extras.stash = undefined;
  let ring = nextRing(cell) ?? extras.lanes?.[0] ?? cell.ring;
  if (ring === NO_RING) ring = cell.ring = new Ring();
  for (let at = stash.length - 2; at >= 0; at -= 2) ring.unshift(stash[at], stash[at + 1]);
  if ((cell.flags & SPECIAL_MAILBOX) === 0) ring.limit = Math.min(ring.limit, capacityOf(cell));
  cell.core.wake(cell);
}

class CellLog implements ActorLog {
  private readonly cell: Cell;

  constructor(cell: Cell) {
    this.cell = cell;
  }

  debug(message: string, fields?: Record<string, unknown>): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: Record<string, unknown>): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: Record<string, unknown>): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields?: Record<string, unknown>): void {
    this.write('error', message, fields);
  }

  private write(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    this.cell.core.telemetry?.log(level, this.cell.path(), message, fields);
  }
}
