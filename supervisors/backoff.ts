/** Delays that double, with jitter, and start over after a quiet period. */
import type { Random } from '../runtime/kernel/clock.ts';

/** Settings of a back-off; every field has a default. */
export interface BackoffOptions {
  /** Delay before the first repetition (default 100). */
  readonly firstMs?: number;
  /** Longest delay (default 10,000). */
  readonly maxMs?: number;
  /**
   * Share of each delay that chance takes away, in [0, 1] (default 0.5), so that many do not return at
   * once.
   */
  readonly jitter?: number;
  /** Time without a failure after which the next delay is the first again (default 60,000). */
  readonly quietMs?: number;
}

/** Delay before repetition `attempt` (0: the first): min(max, first × 2^attempt) less jitter. */
export function backoffDelayMs(attempt: number, random: Random, options: BackoffOptions = {}): number {
  const { firstMs = 100, maxMs = 10_000, jitter = 0.5 } = options;
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 52));
  return fullMs * (1 - jitter * random.next());
}

/** Counts failures in a row and gives the delay after each. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #attempt = 0;
  #lastMs = -Infinity;

  constructor(random: Random, options: BackoffOptions = {}) {
    this.#random = random;
    this.#options = options;
  }

  /** Notes a failure at `nowMs` (monotonic) and gives the delay before the next try. */
  next(nowMs: number): number {
    if (nowMs - this.#lastMs >= (this.#options.quietMs ?? 60_000)) this.#attempt = 0;
    const delayMs = backoffDelayMs(this.#attempt, this.#random, this.#options);
    this.#attempt += 1;
    // The quiet period begins when the work runs again, not while it waits.
    this.#lastMs = nowMs + delayMs;
    return delayMs;
  }
}
