/** How late the main loop runs, seen from another thread by a counter that the loop bumps. */

/** What a watch sees. */
export interface LoopWatchOptions {
  /** Counter of the main loop; it is bumped every `everyMs`. */
  readonly counter: Int32Array;
  readonly everyMs: number;
  /** Time for which the worst is remembered, ms: a lag between two renewals shows in the next. */
  readonly memoryMs: number;
}

/** Looked at again and again by the thread. */
export class MainLoopWatch {
  readonly #options: LoopWatchOptions;
  #seen: number;
  #movedAtMs: number;
  #worst = { lagMs: 0, atMs: -Infinity };

  constructor(options: LoopWatchOptions, nowMs: number) {
    this.#options = options;
    this.#seen = Atomics.load(options.counter, 0);
    this.#movedAtMs = nowMs;
  }

  /** Looks; true when the counter moved since the last look. */
  look(nowMs: number): boolean {
    const lagMs = this.#lateMs(nowMs);
    if (lagMs >= this.#worst.lagMs || nowMs - this.#worst.atMs > this.#options.memoryMs) {
      this.#worst = { lagMs, atMs: nowMs };
    }
    const count = Atomics.load(this.#options.counter, 0);
    if (count === this.#seen) return false;
    this.#seen = count;
    this.#movedAtMs = nowMs;
    return true;
  }

  /** Worst lag of late, ms. */
  get lagMs(): number {
    return this.#worst.lagMs;
  }

  /** Time past the next bump that was due. */
  #lateMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#movedAtMs - this.#options.everyMs);
  }
}
