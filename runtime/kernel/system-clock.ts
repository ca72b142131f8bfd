/** The process's own time, chance and turns: the only place where the kernel touches them. */
import type { Clock, Random, TimerHandle } from './clock.ts';

/** Decides when the dispatcher runs next; the simulator brings its own. */
export interface Scheduler {
  /** Runs `task` before the process returns to its event loop. */
  soon(task: () => void): void;
  /** Runs `task` after timers and sockets had their turn. */
  later(task: () => void): void;
  /** Index in [0, readyCount) of the actor that runs next; absent: first come, first served. */
  pick?(readyCount: number): number;
  /** Messages of one slice; absent: 16. */
  readonly sliceMessages?: number;
  /** Slices of one drain; absent: as many as the time budget allows. */
  readonly drainSlices?: number;
}

// Node turns a longer delay into 1 ms; a longer timer is chained.
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Clock of the process. `report` gets what a timer's task throws. */
export class SystemClock implements Clock {
  private readonly report: (error: unknown) => void;

  constructor(report: (error: unknown) => void = () => {}) {
    this.report = report;
  }

  monotonicMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  setTimer(delayMs: number, task: () => void): TimerHandle {
    const timer = new SystemTimer(task, this.report);
    timer.arm(delayMs);
    return timer;
  }
}

class SystemTimer implements TimerHandle {
  private readonly task: () => void;
  private readonly report: (error: unknown) => void;
  private timeout: NodeJS.Timeout | undefined;

  constructor(task: () => void, report: (error: unknown) => void) {
    this.task = task;
    this.report = report;
  }

  arm(delayMs: number): void {
    if (delayMs > MAX_DELAY_MS) {
      this.timeout = setTimeout(() => this.arm(delayMs - MAX_DELAY_MS), MAX_DELAY_MS);
      return;
    }
    this.timeout = setTimeout(
      () => {
        try {
          this.task();
        } catch (error) {
          this.report(error);
        }
      },
      Math.max(0, delayMs),
    );
  }

  cancel(): void {
    clearTimeout(this.timeout);
  }
}

/** Chance of the process; not for secrets. */
export class SystemRandom implements Random {
  next(): number {
    return Math.random();
  }

  uint32(): number {
    return Math.floor(Math.random() * 0x1_0000_0000);
  }
}

/** Microtasks first, `setImmediate` when the budget is spent. */
export class SystemScheduler implements Scheduler {
  soon(task: () => void): void {
    queueMicrotask(task);
  }

  later(task: () => void): void {
    setImmediate(task);
  }
}

/** Resolves when every microtask that can run without outside events has run. */
export function microtasksDone(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
