/** Deterministic runs: virtual time, seeded choice of what runs next, and nothing of the process's own. */
import { SimClock } from './sim-clock.ts';
import { SeededRandom } from './seeded-random.ts';
import { microtasksDone } from '../system-clock.ts';
import type { Scheduler } from '../system-clock.ts';

/** Scheduler that runs one message at a time, chosen by its seed among all that could run. */
export class SimScheduler implements Scheduler {
  readonly sliceMessages = 1;
  readonly drainSlices = 1;
  private readonly ready: (() => void)[] = [];
  private readonly random: SeededRandom;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  soon(task: () => void): void {
    this.ready.push(task);
  }

  later(task: () => void): void {
    this.ready.push(task);
  }

  pick(readyCount: number): number {
    return readyCount === 1 ? 0 : this.random.below(readyCount);
  }

  /** Tasks that could run now. */
  get readyCount(): number {
    return this.ready.length;
  }

  /** Runs one of the ready tasks; false when there is none. */
  runOne(): boolean {
    if (this.ready.length === 0) return false;
    const [task] = this.ready.splice(this.pick(this.ready.length), 1);
    task!();
    return true;
  }
}

// A run that takes more steps than this without coming to rest is a loop, not a test.
const MAX_STEPS = 10_000_000;

/**
 * Clock, scheduler and chance for one simulated run; give them to every system that takes part.
 *
 * The same seed gives the same order of messages and timers, provided that everything waits on this clock, on
 * messages, or on promises that settle without real I/O.
 *
 * @example
 * const sim = new Simulation(seed);
 * const system = start({ clock: sim.clock, scheduler: sim.scheduler, random: sim.random.fork() });
 */
export class Simulation {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly clock = new SimClock();
  readonly scheduler: SimScheduler;
  /** Slices and deliveries run so far. */
  stepCount = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.random = new SeededRandom(seed);
    this.scheduler = new SimScheduler(this.random.fork());
  }

  /** Runs what can run at the present time; timers do not fire. */
  async runUntilIdle(): Promise<void> {
    for (;;) {
      await microtasksDone();
      if (!this.scheduler.runOne()) return;
      this.stepCount += 1;
      if (this.stepCount > MAX_STEPS) throw new Error(`seed ${this.seed}: no rest after ${MAX_STEPS} steps`);
    }
  }

  /** Moves time forward by `ms`; after each timer, everything that it set off runs. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.clock.monotonicMs() + ms;
    await this.runUntilIdle();
    while ((this.clock.nextDueMs() ?? Infinity) <= targetMs) {
      this.clock.fireNext();
      await this.runUntilIdle();
    }
    this.clock.advanceTo(targetMs);
  }

  /** Runs, letting time pass from timer to timer, until `promise` settles; gives its result. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const note = (): void => {
      settled = true;
    };
    promise.then(note, note);
    for (;;) {
      await this.runUntilIdle();
      if (settled) return promise;
      if (!this.clock.fireNext()) {
        throw new Error(`seed ${this.seed}: nothing is left to run and the promise is still open`);
      }
    }
  }
}
