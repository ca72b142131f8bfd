/**
 * One run queue per system: short slices, a time budget, and a turn for timers and sockets after each budget.
 */
import type { Clock } from '../clock.ts';
import type { Scheduler } from '../system-clock.ts';
import type { Cell } from './cell.ts';
import { SCHEDULED } from './flags.ts';

const MAX_SLICE_MESSAGES = 16;
// Measured: 0.2 ms of work per turn keeps a 10 ms timer within a few ms and costs under 2 % of the
// throughput.
const DRAIN_BUDGET_MS = 0.2;
/** Reading the clock costs about as much as handling a message, so fast slices share one reading. */
const MAX_SLICES_PER_CHECK = 8;
const FAST_CHECK_MS = 0.05;
/** Microtask drains before one goes through the event loop: chains of asks must not starve timers either. */
const MAX_MICROTASK_DRAINS = 64;

/** What the dispatcher needs from the rest of the kernel. */
export interface DispatcherParts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Runs up to `limit` messages of a cell; true when it has more to do now. */
  readonly runSlice: (cell: Cell, limit: number) => boolean;
  /** A drain ends. */
  readonly onDrained: () => void;
  /** The run queue is empty. */
  readonly onIdle: () => void;
  /** A stretch of slices took long: the cells that ran, one of which is to blame. */
  readonly onSlow: (cells: readonly Cell[], elapsedMs: number) => void;
  /** From this length on a stretch is reported. */
  readonly slowMs: number;
}

/** Run queue, first come first served unless the scheduler picks. */
export class Dispatcher {
  /** The cell whose slice runs now; undefined outside of all turns. */
  current: Cell | undefined = undefined;
  private head: Cell | undefined = undefined;
  private tail: Cell | undefined = undefined;
  private awake = false;
  private microtaskDrains = 0;
  private sliceMessages: number;
  private slicesPerCheck = 1;
  /** Cells that ran since the clock was last read; as long as the longest stretch. */
  private readonly recent: Cell[] = [];
  private recentCount = 0;
  private readonly parts: DispatcherParts;
  private readonly scheduler: Scheduler;
  private readonly runSlice: (cell: Cell, limit: number) => boolean;
  private readonly maxSliceMessages: number;
  private readonly drainSoon = (): void => this.drain();
  private readonly drainLater = (): void => {
    this.microtaskDrains = 0;
    this.drain();
  };

  constructor(parts: DispatcherParts) {
    this.parts = parts;
    this.scheduler = parts.scheduler;
    this.runSlice = parts.runSlice;
    this.maxSliceMessages = parts.scheduler.sliceMessages ?? MAX_SLICE_MESSAGES;
    this.sliceMessages = this.maxSliceMessages;
  }

  /** Appends a cell whose SCHEDULED bit the caller has just set. */
  enqueue(cell: Cell): void {
    if (this.head === undefined) this.head = cell;
    else this.tail!.nextReady = cell;
    this.tail = cell;
    if (!this.awake) this.wakeUp();
  }

  /** Makes sure that a drain comes soon, even when no cell is ready. */
  ensureDrain(): void {
    if (!this.awake) this.wakeUp();
  }

  /** Whether no cell is ready. */
  get idle(): boolean {
    return this.head === undefined && this.current === undefined;
  }

  private wakeUp(): void {
    this.awake = true;
    if (this.microtaskDrains < MAX_MICROTASK_DRAINS) {
      this.microtaskDrains += 1;
      this.scheduler.soon(this.drainSoon);
    } else {
      this.scheduler.later(this.drainLater);
    }
  }

  private drain(): void {
    const { clock, scheduler } = this.parts;
    const maxSlices = scheduler.drainSlices ?? Infinity;
    const startMs = clock.monotonicMs();
    let checkedMs = startMs;
    let unchecked = 0;
    let slices = 0;
    this.recentCount = 0;
    while (this.head !== undefined) {
      const cell = this.take();
      this.runOne(cell);
      unchecked += 1;
      slices += 1;
      if (unchecked >= this.slicesPerCheck) {
        const nowMs = clock.monotonicMs();
        this.adapt(nowMs - checkedMs, unchecked);
        checkedMs = nowMs;
        unchecked = 0;
        if (nowMs - startMs >= DRAIN_BUDGET_MS) break;
      }
      if (slices >= maxSlices) break;
    }
    this.parts.onDrained();
    if (this.head !== undefined) {
      scheduler.later(this.drainLater);
      return;
    }
    this.awake = false;
    this.parts.onIdle();
  }

  private runOne(cell: Cell): void {
    this.recent[this.recentCount++] = cell;
    this.current = cell;
    const more = this.runSlice(cell, this.sliceMessages);
    this.current = undefined;
    if (!more) {
      cell.flags &= ~SCHEDULED;
      return;
    }
    if (this.head === undefined) this.head = cell;
    else this.tail!.nextReady = cell;
    this.tail = cell;
  }

  private take(): Cell {
    const pick = this.scheduler.pick;
    if (pick !== undefined) return this.takePicked(pick);
    const cell = this.head!;
    this.head = cell.nextReady;
    cell.nextReady = undefined;
    return cell;
  }

  private takePicked(pick: (readyCount: number) => number): Cell {
    let count = 0;
    for (let cell = this.head; cell !== undefined; cell = cell.nextReady) count += 1;
    let previous: Cell | undefined;
    let cell = this.head!;
    for (let left = pick.call(this.scheduler, count); left > 0 && cell.nextReady !== undefined; left -= 1) {
      previous = cell;
      cell = cell.nextReady;
    }
    if (previous === undefined) this.head = cell.nextReady;
    else previous.nextReady = cell.nextReady;
    if (this.tail === cell) this.tail = previous;
    cell.nextReady = undefined;
    return cell;
  }

  /** Slow handlers get small slices and a clock reading each; fast ones share a reading. */
  private adapt(elapsedMs: number, slices: number): void {
    if (elapsedMs < FAST_CHECK_MS) {
      if (this.slicesPerCheck < MAX_SLICES_PER_CHECK) this.slicesPerCheck *= 2;
      if (this.sliceMessages < this.maxSliceMessages) this.sliceMessages *= 2;
    } else if (elapsedMs > DRAIN_BUDGET_MS) {
      this.slicesPerCheck = 1;
      if (elapsedMs > DRAIN_BUDGET_MS * slices) this.sliceMessages = Math.max(1, this.sliceMessages >> 1);
    }
    if (elapsedMs >= this.parts.slowMs) this.parts.onSlow(this.recent.slice(0, this.recentCount), elapsedMs);
    this.recentCount = 0;
  }
}
