/** Clock and scheduler of one incarnation of a node: after a crash nothing of it runs any more. */
import type { Clock, Scheduler, Simulation, TimerHandle } from '../../../runtime/kernel/index.ts';

const PARTS_PER_MS = 1_024;

/** Time and turns of one incarnation. */
export class NodeTime implements Clock {
  readonly scheduler: Scheduler;
  readonly #sim: Simulation;
  readonly #wallOffsetMs: () => number;
  readonly #startMs: number;
  #isRunning = true;

  /** @param wallOffsetMs what the node's wall clock is off by, now */
  constructor(sim: Simulation, wallOffsetMs: () => number) {
    this.#sim = sim;
    this.#wallOffsetMs = wallOffsetMs;
    // Each process has a monotonic clock of its own start: nothing may be compared across a restart.
    this.#startMs = sim.clock.monotonicMs() - 1_000;
    const guarded = (task: () => void) => (): void => {
      if (this.#isRunning) task();
    };
    this.scheduler = {
      sliceMessages: 1,
      drainSlices: 1,
      soon: (task) => sim.scheduler.soon(guarded(task)),
      later: (task) => sim.scheduler.later(guarded(task)),
      pick: (readyCount) => sim.scheduler.pick(readyCount),
    };
  }

  monotonicMs(): number {
    return this.#sim.clock.monotonicMs() - this.#startMs;
  }

  wallMs(): number {
    return this.#sim.clock.wallMs() + this.#wallOffsetMs();
  }

  setTimer(delayMs: number, task: () => void): TimerHandle {
    // In whole parts of a power of two: a delay smaller than the last digit of the time would never pass.
    const wholeMs = Math.ceil(delayMs * PARTS_PER_MS) / PARTS_PER_MS;
    return this.#sim.clock.setTimer(wholeMs, () => {
      if (this.#isRunning) task();
    });
  }

  /** Ends this incarnation where it stands. */
  halt(): void {
    this.#isRunning = false;
  }
}
