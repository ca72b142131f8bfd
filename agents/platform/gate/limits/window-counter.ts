/** Counts requests in windows, in the memory of one node. */
import type { RateStatus } from '../../../../runtime/kernel/ports/admission/gate.ts';

/** How many requests a window takes. */
export interface WindowRule {
  readonly limit: number;
  readonly windowMs: number;
}

interface Window {
  count: number;
  endsMs: number;
}

/**
 * One window per key, from its first request on: never more than the limit in a window, so at most twice the
 * limit in any stretch of its length. O(1); bounded: past `maxCount` keys the oldest window is forgotten.
 */
export class WindowCounter {
  readonly #maxCount: number;
  /** Oldest window first: a window that begins anew moves to the end. */
  readonly #windows = new Map<string, Window>();

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  get size(): number {
    return this.#windows.size;
  }

  /** Takes one request: what is left afterwards, or undefined when the window is used up. */
  take(key: string, rule: WindowRule, nowMs: number): RateStatus | undefined {
    const window = this.#window(key, rule, nowMs);
    if (window.count >= rule.limit) return undefined;
    window.count += 1;
    return { limit: rule.limit, remaining: rule.limit - window.count, resetMs: window.endsMs - nowMs };
  }

  /** Time until the window of a key begins anew, ms; 0: it has none. */
  resetMs(key: string, nowMs: number): number {
    const window = this.#windows.get(key);
    return window ? Math.max(0, window.endsMs - nowMs) : 0;
  }

  #window(key: string, { windowMs }: WindowRule, nowMs: number): Window {
    const known = this.#windows.get(key);
    if (known && known.endsMs > nowMs) return known;
    if (known) this.#windows.delete(key);
    else this.#makeRoom(nowMs);
    const window = { count: 0, endsMs: nowMs + windowMs };
    this.#windows.set(key, window);
    return window;
  }

  #makeRoom(nowMs: number): void {
    if (this.#windows.size < this.#maxCount) return;
    for (const [key, { endsMs }] of this.#windows) {
      if (endsMs > nowMs && this.#windows.size < this.#maxCount) return;
      this.#windows.delete(key);
    }
  }
}
