/**
 * One actor system: the root of a tree, its run queue, its dead letters, and what operators may do with it.
 */
import { WitanError } from '../../contracts/errors.ts';
import type { ActorSystemRef, StopReason } from './actor.ts';
import type { Clock, Random, TimerHandle } from './clock.ts';
import { ReplyRef } from './messaging/reply-ref.ts';
import { TimerWheel } from './messaging/timer-wheel.ts';
import { Cell } from './cell/cell.ts';
import type { SystemMessage, Turn } from './cell/cell.ts';
import type { Core, DeadLetterRecipient, LetterParts } from './cell/core.ts';
import { Dispatcher } from './cell/dispatcher.ts';
import { LocalRef } from './cell/local-ref.ts';
import { describe, failEnded } from './messaging/owed-asks.ts';
import { childrenStopped, resetCell } from './lifecycle/starting.ts';
import { beginStop, nextChild, stopCell } from './lifecycle/stopping.ts';
import { carryOut, decide } from './lifecycle/supervision.ts';
import { more, runSlice } from './cell/turn.ts';
import { DRAINING, SCHEDULED, STOPPED } from './cell/flags.ts';
import { senderOf } from './messaging/envelope.ts';
import { AdoptedTrees } from './inspect/adopted.ts';
import type { AdoptedSource, Adoption } from './inspect/adopted.ts';
import { DeadLetterRing, recipientPath } from './inspect/dead-letters.ts';
import { EventFeed } from './inspect/event-feed.ts';
import type { SubscribeOptions, Subscription } from './inspect/event-feed.ts';
import { cellAt, deepestMailbox, operate, reportTree } from './inspect/tree.ts';
import type { ActorInfo, DeadLetter, DeadLetterReason, TreeEvent } from './inspection-info.ts';
import type { TelemetryPort } from './ports/telemetry.ts';
import type { ActorRef, AnyRef } from './ref.ts';
import { SystemClock, SystemRandom, SystemScheduler } from './system-clock.ts';
import type { Scheduler } from './system-clock.ts';

/** Settings of one system; everything has a default. */
export interface SystemOptions {
  /** Name of the system (default `witan`). */
  readonly name?: string;
  /** Name of the node that it runs on (default `local`). */
  readonly node?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly scheduler?: Scheduler;
  readonly telemetry?: TelemetryPort;
  /** Dead letters kept for reading and replay (default 1,000). */
  readonly deadLetterCapacity?: number;
}

/** A running system of actors. Systems share nothing; any number may run in one process. */
export interface ActorSystem extends ActorSystemRef {
  /** Live actor at `path`, adopted ones included; undefined when there is none. */
  find(path: string): ActorRef<unknown> | undefined;
  /** An address for `path` in any case: what is told to it finds the actor then living, or a dead letter. */
  resolve(path: string): ActorRef<unknown>;
  /** Actors at and below `pathPrefix` (default all), parents before children. O(actors). */
  inspect(pathPrefix?: string): ActorInfo[];
  /** Messages that wait in the fullest mailbox, adopted trees left out. O(actors), with no report made. */
  deepestMailbox(): number;
  /** Kept dead letters, oldest first. */
  deadLetters(): readonly DeadLetter[];
  /** Dead letters by reason since the start. */
  deadLetterTotals(): Readonly<Partial<Record<DeadLetterReason, number>>>;
  /** Sends a dead letter again and forgets it; false when it is not kept or its actor does not live. */
  replayDeadLetter(sequence: number): boolean;
  /** Stream of changes of the tree; a slow subscriber loses the oldest events, see `droppedCount`. */
  subscribe(onEvent: (event: TreeEvent) => void | Promise<void>, options?: SubscribeOptions): Subscription;
  /** Takes no user message at `path` until `resume`. @throws not_found */
  pause(path: string): void;
  /** Ends a pause. @throws not_found */
  resume(path: string): void;
  /** Gives the actor at `path` a fresh state; its children are stopped. @throws not_found */
  restart(path: string): void;
  /** Stops the actor at `path` and resolves when it is gone. @throws not_found */
  stopActor(path: string): Promise<void>;
  /** Records handling and waiting times at `path` while on. @throws not_found */
  watchHandling(path: string, on: boolean): void;
  /** Looks at once whether a fence is held again. @throws not_found */
  recheckFence(path: string): void;
  /** Shows a foreign tree below `parentPath`. @throws already_exists */
  adopt(parentPath: string, source: AdoptedSource): Adoption;
  /**
   * Drains and stops everything; resolves when all is gone, never rejects. A second call joins the first.
   *
   * Until mailboxes are empty, or `graceMs` (default 5,000) is over, messages of actors are still taken and
   * those from outside become dead letters; then actors stop, children before parents, the youngest first.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

const DEFAULT_GRACE_MS = 5_000;
const DEFAULT_STOP_GRACE_MS = 1_000;
const WATCHDOG_MS = 250;
const DEFAULT_SLOW_HANDLER_MS = 1_000;

/** The system itself; outsiders see {@link ActorSystem}, cells see {@link Core}. */
export class Kernel implements ActorSystem, Core {
  readonly name: string;
  readonly node: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly telemetry: TelemetryPort | undefined;
  readonly dispatcher: Dispatcher;
  readonly wheel: TimerWheel;
  readonly letters: DeadLetterRing;
  readonly events: EventFeed<TreeEvent>;
  readonly startedMs: number;
  readonly rootCell: Cell;
  readonly openTurns = new Set<Turn>();
  readonly adopted = new AdoptedTrees();
  readonly releases = new Map<ReplyRef, () => void>();
  openPipes = 0;
  nextName = 1;
  nextReplyId = 1;
  nextMessageId = 1;
  draining = false;
  stopped = false;
  private watchdog: TimerHandle | undefined;
  private ending: Promise<void> | undefined;
  private forced = false;
  private quietWaiter: (() => void) | undefined;
  private readonly graces = new Set<() => void>();

  constructor(options: SystemOptions) {
    this.name = options.name ?? 'witan';
    this.node = options.node ?? 'local';
    this.telemetry = options.telemetry;
    this.clock = options.clock ?? new SystemClock((error) => this.callbackFailed(undefined, 'timer', error));
    this.random = options.random ?? new SystemRandom();
    this.scheduler = options.scheduler ?? new SystemScheduler();
    this.startedMs = this.clock.monotonicMs();
    this.wheel = new TimerWheel(this.clock);
    this.letters = new DeadLetterRing(options.deadLetterCapacity ?? 1_000, this.node);
    const report = (error: unknown): void => this.callbackFailed(undefined, 'subscriber', error);
    this.events = new EventFeed(this.scheduler, report);
    this.dispatcher = new Dispatcher({
      clock: this.clock,
      scheduler: this.scheduler,
      runSlice,
      onDrained: () => this.wheel.stamp(),
      onIdle: () => this.noteQuiet(),
      slowMs: DEFAULT_SLOW_HANDLER_MS,
      onSlow: (cells, elapsedMs) => this.reportSlowSlices(cells, elapsedMs),
    });
    this.rootCell = this.makeRoot();
  }

  private makeRoot(): Cell {
    const ref = new LocalRef();
    const cell = new Cell({
      flags: 0,
      core: this,
      ref,
      parent: undefined,
      name: '',
      options: undefined,
      startedMs: 0,
      behavior: (state, message) => {
        const origin = cell.context?.origin;
        this.deadLetter(ref, { message, origin, reason: 'undeliverable' });
        return state;
      },
    });
    ref.cell = cell;
    return cell;
  }

  get system(): ActorSystemRef {
    return this;
  }

  get root(): AnyRef {
    return this.rootCell.ref;
  }

  find(path: string): ActorRef<unknown> | undefined {
    return cellAt(this.rootCell, path)?.ref ?? this.adopted.find(path, this.node);
  }

  resolve(path: string): ActorRef<unknown> {
    return this.find(path) ?? new PathRef(this, path);
  }

  inspect(pathPrefix = '/'): ActorInfo[] {
    return [...reportTree(this.rootCell, pathPrefix), ...this.adopted.report(pathPrefix, this.node)];
  }

  deepestMailbox(): number {
    return deepestMailbox(this.rootCell);
  }

  deadLetters(): readonly DeadLetter[] {
    return this.letters.list();
  }

  deadLetterTotals(): Readonly<Partial<Record<DeadLetterReason, number>>> {
    return this.letters.totals();
  }

  replayDeadLetter(sequence: number): boolean {
    const letter = this.letters.take(sequence);
    if (letter === undefined) return false;
    const target = this.replayTarget(letter.recipient);
    if (target === undefined) {
      this.letters.putBack(letter);
      return false;
    }
    // An ask's reply address is settled by now: the answer to a replay would only be a late reply.
    const sender = senderOf(letter.origin);
    target.tell(letter.message, sender instanceof ReplyRef ? undefined : sender);
    return true;
  }

  /** Whoever lives at the path now; an actor of another node is for that node to find. */
  private replayTarget(recipient: DeadLetterRecipient): ActorRef<unknown> | undefined {
    if (typeof recipient !== 'string' && 'tellWith' in recipient) return recipient as ActorRef<unknown>;
    return this.find(recipientPath(recipient));
  }

  subscribe(onEvent: (event: TreeEvent) => void | Promise<void>, options?: SubscribeOptions): Subscription {
    return this.events.subscribe(onEvent, options);
  }

  pause(path: string): void {
    operate(this.must(path), 'pause');
  }

  resume(path: string): void {
    operate(this.must(path), 'resume');
  }

  restart(path: string): void {
    operate(this.must(path), 'restart');
  }

  watchHandling(path: string, on: boolean): void {
    operate(this.must(path), on ? 'watch' : 'unwatch');
  }

  recheckFence(path: string): void {
    operate(this.must(path), 'recheck-fence');
  }

  async stopActor(path: string): Promise<void> {
    if (cellAt(this.rootCell, path) === undefined && this.adopted.stop(path)) return;
    await this.gone(this.must(path));
  }

  adopt(parentPath: string, source: AdoptedSource): Adoption {
    if (this.find(`${parentPath === '/' ? '' : parentPath}/${source.name}`) !== undefined) {
      throw new WitanError('already_exists', `There is an actor ${source.name} below ${parentPath}`);
    }
    return this.adopted.add(parentPath, source);
  }

  stop({ graceMs = DEFAULT_GRACE_MS }: { readonly graceMs?: number } = {}): Promise<void> {
    this.ending ??= this.end(graceMs);
    return this.ending;
  }

  private async end(graceMs: number): Promise<void> {
    this.draining = true;
    for (const cell of allCells(this.rootCell)) cell.flags |= DRAINING;
    const force = this.clock.setTimer(graceMs, () => this.endGrace());
    await new Promise<void>((done) => {
      this.quietWaiter = done;
      this.noteQuiet();
    });
    this.adopted.stopAll();
    await this.gone(this.rootCell);
    force.cancel();
    this.stopped = true;
    this.watchdog?.cancel();
    this.wheel.close();
  }

  /** The time for an orderly end is over: whatever is waited for is given up. */
  private endGrace(): void {
    this.forced = true;
    this.quietWaiter?.();
    this.quietWaiter = undefined;
    for (const giveUp of [...this.graces]) giveUp();
  }

  noteQuiet(): void {
    // Nothing waits and nothing is open; paused and fenced actors do not hold a stop up.
    if (this.quietWaiter === undefined) return;
    if (!this.dispatcher.idle || this.openTurns.size > 0 || this.openPipes > 0) return;
    this.quietWaiter();
    this.quietWaiter = undefined;
  }

  startGrace(cell: Cell, giveUp: () => void): TimerHandle {
    const end = (): void => {
      this.graces.delete(end);
      timer.cancel();
      giveUp();
    };
    const graceMs = this.forced ? 0 : (cell.options?.stopGraceMs ?? DEFAULT_STOP_GRACE_MS);
    const timer = this.clock.setTimer(graceMs, end);
    this.graces.add(end);
    return {
      cancel: () => {
        this.graces.delete(end);
        timer.cancel();
      },
    };
  }

  /** Stops a cell and resolves when it is gone. */
  gone(cell: Cell): Promise<void> {
    if ((cell.flags & STOPPED) !== 0) return Promise.resolve();
    return new Promise((done) => {
      (cell.more().stopWaiters ??= []).push(done);
      this.stopCell(cell, 'stopped');
    });
  }

  private must(path: string): Cell {
    const cell = cellAt(this.rootCell, path);
    if (cell === undefined) throw new WitanError('not_found', `There is no actor at ${path}`, { path });
    return cell;
  }

  deadLetter(recipient: DeadLetterRecipient, letter: LetterParts): void {
    this.letters.record(recipient, letter, this.clock.wallMs());
    const { origin, reason } = letter;
    if (this.events.active) this.events.emit({ kind: 'dead-letter', path: recipientPath(recipient), reason });
    this.telemetry?.count('actor_dead_letters', 1, { reason });
    const asker = senderOf(origin);
    if (!(asker instanceof ReplyRef) || asker.settled || reason === 'late-reply') return;
    failAsk(asker, recipient, reason);
  }

  wake(cell: Cell): void {
    if ((cell.flags & SCHEDULED) !== 0 || !more(cell)) return;
    cell.flags |= SCHEDULED;
    this.dispatcher.enqueue(cell);
  }

  turnOpened(turn: Turn): void {
    this.openTurns.add(turn);
    this.watchdog ??= this.clock.setTimer(WATCHDOG_MS, () => this.lookForSlowTurns());
  }

  turnLeft(turn: Turn): void {
    this.openTurns.delete(turn);
    this.noteQuiet();
  }

  private lookForSlowTurns(): void {
    const nowMs = this.clock.monotonicMs();
    for (const turn of this.openTurns) {
      const limitMs = turn.cell.options?.slowHandlerMs ?? DEFAULT_SLOW_HANDLER_MS;
      if (turn.reported || nowMs - turn.startedMs < limitMs) continue;
      turn.reported = true;
      this.reportSlow(turn.cell, nowMs - turn.startedMs);
    }
    this.watchdog = undefined;
    if (this.openTurns.size > 0 && !this.stopped) {
      this.watchdog = this.clock.setTimer(WATCHDOG_MS, () => this.lookForSlowTurns());
    }
  }

  private reportSlowSlices(cells: readonly Cell[], elapsedMs: number): void {
    const distinct = new Set(cells);
    if (distinct.size === 1) this.reportSlow(cells[0]!, elapsedMs);
    else {
      const paths = [...distinct].map((cell) => cell.path());
      this.telemetry?.log('warn', '/', 'one of these handlers was slow', { paths, elapsedMs });
      for (const cell of distinct) this.reportSlow(cell, elapsedMs);
    }
  }

  private reportSlow(cell: Cell, elapsedMs: number): void {
    const path = cell.path();
    if (this.events.active) this.events.emit({ kind: 'slow-handler', path, elapsedMs });
    this.telemetry?.log('warn', path, 'slow handler', { elapsedMs });
  }

  handleSystem(cell: Cell, message: SystemMessage): void {
    if ((cell.flags & STOPPED) !== 0) return;
    if (message.kind === 'stop') beginStop(cell);
    else if (message.kind === 'child-stopped') nextChild(cell, cell.more());
    else if (message.kind === 'crash') decide(cell, message.fault);
    else carryOut(cell, message.fault, message.decision);
  }

  stopCell(cell: Cell, reason: StopReason): void {
    stopCell(cell, reason);
  }

  resetCell(cell: Cell, cause: unknown): void {
    resetCell(cell, cause);
  }

  childrenStopped(cell: Cell): void {
    childrenStopped(cell);
  }

  callbackFailed(cell: Cell | undefined, callback: string, error: unknown): void {
    const scope = cell === undefined ? '/' : cell.path();
    this.telemetry?.log('error', scope, `${callback} failed`, { error: describe(error) });
    this.telemetry?.count('actor_callback_failures', 1, { callback });
  }
}

/** Address of a path where no actor lives at present. */
class PathRef implements ActorRef<unknown> {
  readonly path: string;
  private readonly kernel: Kernel;

  constructor(kernel: Kernel, path: string) {
    this.kernel = kernel;
    this.path = path;
  }

  get name(): string {
    return this.path.slice(this.path.lastIndexOf('/') + 1);
  }

  get node(): string {
    return this.kernel.node;
  }

  tell(message: unknown, sender?: AnyRef): void {
    const live = this.kernel.find(this.path);
    if (live !== undefined) live.tell(message, sender);
    else this.kernel.deadLetter(this.path, { message, origin: sender, reason: 'no-such-actor' });
  }
}

function failAsk(ask: ReplyRef, recipient: DeadLetterRecipient, reason: DeadLetterReason): void {
  const actor = recipientPath(recipient);
  if (reason === 'mailbox-full' || reason === 'dropped-oldest') {
    ask.fail('mailbox_full', `The mailbox of ${actor} is full`, { actor });
  } else if (reason === 'expired') {
    ask.fail('deadline_exceeded', 'The budget was spent before the work began', { actor });
  } else if (recipient instanceof LocalRef) {
    failEnded(ask, recipient.cell, recipient.cell.extras?.stopReason ?? 'stopped');
  } else {
    ask.fail('stopped', `There is no actor at ${actor}`, { actor, reason: 'never-existed' });
  }
}

/** All cells of a tree; iterative, because a tree may be deeper than the stack. */
function* allCells(root: Cell): Generator<Cell> {
  const waiting = [root];
  for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
    yield cell;
    if (cell.children !== undefined) for (const child of cell.children.values()) waiting.push(child.cell);
  }
}

/** Starts an actor system; see {@link SystemOptions}. */
export function start(options: SystemOptions = {}): ActorSystem {
  return new Kernel(options);
}
