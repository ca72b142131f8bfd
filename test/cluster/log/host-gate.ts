/** A machine that can be stopped for a while, or for good: nothing reaches it and it does nothing meanwhile. */
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';
import type { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';

/** One run of one machine. Its time goes on while it stands still, as that of a stopped process does. */
export class HostGate {
  readonly clock: Clock;
  #isPaused = false;
  #isDead = false;
  #held: (() => void)[] = [];

  constructor(clock: SimClock) {
    this.clock = {
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      setTimer: (delayMs, task): TimerHandle => {
        let isCancelled = false;
        const timer = clock.setTimer(delayMs, () => this.run(() => !isCancelled && task()));
        return { cancel: () => ((isCancelled = true), timer.cancel()) };
      },
    };
  }

  /** Whether it runs. */
  get isUp(): boolean {
    return !this.#isPaused && !this.#isDead;
  }

  /** Whether it was stopped for good. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Runs `task` now, or when the machine goes on, or never. */
  run(task: () => void): void {
    if (this.#isDead) return;
    if (this.#isPaused) this.#held.push(task);
    else task();
  }

  /** Resolves now, or when the machine goes on, or never. */
  pass(): Promise<void> {
    return new Promise((resolve) => this.run(resolve));
  }

  /** Stops it, as SIGSTOP does. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Lets it go on. */
  resume(): void {
    this.#isPaused = false;
    for (const task of this.#held.splice(0)) this.run(task);
  }

  /** Ends it, as a power cut does. */
  kill(): void {
    this.#isDead = true;
    this.#held = [];
  }
}
