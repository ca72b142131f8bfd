/** Clock of one simulated node: runs fast or slow, stops with its node, and ends with it. */
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';
import type { SimClock } from '../../../runtime/kernel/index.ts';

const PARTS_PER_MS = 1_024;

/** While its node is stopped (SIGSTOP) time goes on and timers do not run; they run late, when it goes on. */
export class NodeClock implements Clock {
  readonly #sim: SimClock;
  readonly #rate: number;
  readonly #offsetMs: number;
  /** What its wall clock is off by, ms; may jump at any time. */
  wallOffsetMs = 0;
  readonly #late: (() => void)[] = [];
  #isPaused = false;
  #isDead = false;

  /** `rate` 1.05: gains 50 ms each second. */
  constructor(sim: SimClock, rate = 1, offsetMs = 0) {
    this.#sim = sim;
    this.#rate = rate;
    this.#offsetMs = offsetMs;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  monotonicMs(): number {
    return this.#offsetMs + this.#sim.monotonicMs() * this.#rate;
  }

  wallMs(): number {
    return this.#sim.wallMs() + this.wallOffsetMs;
  }

  setTimer(delayMs: number, task: () => void): TimerHandle {
    let isCancelled = false;
    // In whole parts of a power of two: less than the last digit of the time would never pass.
    const wholeMs = Math.ceil((delayMs / this.#rate) * PARTS_PER_MS) / PARTS_PER_MS;
    const timer = this.#sim.setTimer(wholeMs, () => {
      this.whenAwake(() => {
        if (!isCancelled) task();
      });
    });
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  /** Runs `task` now, when the node goes on, or never. */
  whenAwake(task: () => void): void {
    if (this.#isDead) return;
    if (this.#isPaused) this.#late.push(task);
    else task();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const task of this.#late.splice(0)) task();
  }

  /** Nothing of its node runs any more. */
  kill(): void {
    this.#isDead = true;
    this.#late.length = 0;
  }
}
