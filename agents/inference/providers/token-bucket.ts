/** How much may be sent in a minute: a bucket that fills evenly, on the injected clock. */
import type { Clock } from '../../../runtime/kernel/clock.ts';

/** A bucket; what does not fit says when it will. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #perMinute: number;
  #level: number;
  #atMs: number;

  /** @param perMinute also what fits at once */
  constructor(clock: Pick<Clock, 'monotonicMs'>, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#level = perMinute;
    this.#atMs = clock.monotonicMs();
  }

  /** Milliseconds until `count` fit; 0: now. More than a minute's worth fits when the bucket is full. */
  waitMs(count: number): number {
    this.#fill();
    const missing = Math.min(count, this.#perMinute) - this.#level;
    return missing <= 0 ? 0 : Math.ceil((missing * 60_000) / this.#perMinute);
  }

  /** Takes `count`, below nothing where more came than was thought. */
  take(count: number): void {
    this.#fill();
    this.#level -= count;
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    const gained = ((nowMs - this.#atMs) * this.#perMinute) / 60_000;
    this.#level = Math.min(this.#perMinute, this.#level + gained);
    this.#atMs = nowMs;
  }
}
