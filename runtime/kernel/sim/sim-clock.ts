/** Virtual time: moves only when told to. */
import type { Clock, TimerHandle } from '../clock.ts';

interface SimTimer extends TimerHandle {
  readonly dueMs: number;
  readonly order: number;
  task: (() => void) | undefined;
}

/** Settings of a {@link SimClock}. */
export interface SimClockOptions {
  /** First wall time, ms since 1970 (default 2026-01-01T00:00:00Z). */
  readonly wallStartMs?: number;
  /** Gets what a timer's task throws; default: the error leaves `advance`. */
  readonly report?: (error: unknown) => void;
}

const DEFAULT_WALL_START_MS = 1_767_225_600_000;

/**
 * Clock whose time moves by {@link advance} alone; timers fire in order of their time, then of their start.
 */
export class SimClock implements Clock {
  private nowMs = 0;
  private started = 0;
  private readonly heap: SimTimer[] = [];
  private readonly wallStartMs: number;
  private readonly report: ((error: unknown) => void) | undefined;

  constructor(options: SimClockOptions = {}) {
    this.wallStartMs = options.wallStartMs ?? DEFAULT_WALL_START_MS;
    this.report = options.report;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return this.wallStartMs + this.nowMs;
  }

  setTimer(delayMs: number, task: () => void): TimerHandle {
    const timer: SimTimer = {
      dueMs: this.nowMs + Math.max(0, delayMs),
      order: (this.started += 1),
      task,
      cancel() {
        timer.task = undefined;
      },
    };
    if (delayMs < Infinity) push(this.heap, timer);
    return timer;
  }

  /** Time of the next timer, or undefined when none waits. */
  nextDueMs(): number | undefined {
    while (this.heap.length > 0 && this.heap[0]!.task === undefined) pop(this.heap);
    return this.heap[0]?.dueMs;
  }

  /** Moves time forward by `ms` and fires what falls due, synchronously and in order. */
  advance(ms: number): void {
    this.advanceTo(this.nowMs + ms);
  }

  /** Moves time to `targetMs` (not before now) and fires what falls due. */
  advanceTo(targetMs: number): void {
    for (let due = this.nextDueMs(); due !== undefined && due <= targetMs; due = this.nextDueMs()) {
      this.fireNext();
    }
    this.nowMs = Math.max(this.nowMs, targetMs);
  }

  /** Moves time to the next timer and fires that one alone; false when none waits. */
  fireNext(): boolean {
    if (this.nextDueMs() === undefined) return false;
    const timer = pop(this.heap);
    this.nowMs = Math.max(this.nowMs, timer.dueMs);
    const task = timer.task!;
    timer.task = undefined;
    try {
      task();
    } catch (error) {
      if (!this.report) throw error;
      this.report(error);
    }
    return true;
  }

  /** Timers that wait. O(n). */
  pendingCount(): number {
    return this.heap.filter((timer) => timer.task !== undefined).length;
  }

  /** The same time seen by a machine whose wall clock is off; monotonic time is shared. */
  skewed(wallOffsetMs: number): Clock {
    return {
      monotonicMs: () => this.monotonicMs(),
      wallMs: () => this.wallMs() + wallOffsetMs,
      setTimer: (delayMs, task) => this.setTimer(delayMs, task),
    };
  }
}

function before(left: SimTimer, right: SimTimer): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}

function push(heap: SimTimer[], timer: SimTimer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(timer, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = timer;
}

function pop(heap: SimTimer[]): SimTimer {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
