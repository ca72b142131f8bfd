/** Requests counted over all nodes: permits are fetched in small lots and spent without asking. */
import type { Clock, TimerHandle } from '../../../../runtime/kernel/clock.ts';
import type { RateStatus } from '../../../../runtime/kernel/ports/admission/gate.ts';
import type { SharedCounterPort } from '../../../../runtime/kernel/ports/admission/shared-counter.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import type { Limiter } from './request-limits.ts';
import { WindowCounter } from './window-counter.ts';
import type { WindowRule } from './window-counter.ts';

/** What the limiter works with. */
export interface SharedLimiterOptions {
  readonly counter: SharedCounterPort;
  readonly clock: Clock;
  /** Callers that are known at once. */
  readonly maxCount: number;
  readonly telemetry?: TelemetryPort | undefined;
}

/** Permits of one window that this node holds. */
interface Lot {
  permits: number;
  /** Permits of the window that no node held at the last answer. */
  left: number;
  readonly endsMs: number;
  readonly windowId: string;
  /** Whether it was asked for since the last look at idle lots. */
  isUsed: boolean;
}

/** Time for which nothing is asked of a counter that failed. */
const AWAY_MS = 1_000;
/** How often lots are looked at; permits of one that nobody asked for since then go back. */
const IDLE_MS = 1_000;
/** A lot is at most this part of the limit, and of what is left: little is kept from other nodes. */
const LOT_PART = 10;
const LEFT_PART = 4;

/**
 * Never more than the limit in one window of the counter, over all nodes. Where the counter does not answer,
 * each node counts by itself, so that at worst every node admits the limit.
 */
export class SharedLimiter implements Limiter {
  readonly #options: SharedLimiterOptions;
  readonly #own: WindowCounter;
  readonly #lots = new Map<string, Lot>();
  readonly #fetching = new Map<string, Promise<void>>();
  #awayUntilMs = Number.NEGATIVE_INFINITY;
  #idleTimer: TimerHandle | undefined;

  constructor(options: SharedLimiterOptions) {
    this.#options = options;
    this.#own = new WindowCounter(options.maxCount);
  }

  take(key: string, rule: WindowRule): RateStatus | undefined | Promise<RateStatus | undefined> {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#awayUntilMs) return this.#own.take(key, rule, nowMs);
    const lot = this.#lotOf(key, nowMs);
    if (!lot || (lot.permits === 0 && lot.left > 0)) return this.#takeLater(key, rule);
    return this.#spend(key, lot, rule);
  }

  resetMs(key: string): number {
    const nowMs = this.#options.clock.monotonicMs();
    const lot = this.#lotOf(key, nowMs);
    return lot ? lot.endsMs - nowMs : this.#own.resetMs(key, nowMs);
  }

  /** Gives every permit back that was not spent. */
  async close(): Promise<void> {
    this.#idleTimer?.cancel();
    const lots = [...this.#lots];
    this.#lots.clear();
    await Promise.all(lots.map(([key, lot]) => this.#giveBack(key, lot)));
  }

  #lotOf(key: string, nowMs: number): Lot | undefined {
    const lot = this.#lots.get(key);
    if (!lot || lot.endsMs > nowMs) return lot;
    this.#lots.delete(key);
    return undefined;
  }

  #spend(key: string, lot: Lot, rule: WindowRule): RateStatus | undefined {
    lot.isUsed = true;
    if (lot.permits === 0) return undefined;
    lot.permits -= 1;
    // Fetched ahead, so that hardly any request waits for the counter.
    if (lot.permits <= lotSize(rule.limit, lot.left) >> 1 && lot.left > 0) void this.#fetch(key, rule);
    const resetMs = Math.max(0, lot.endsMs - this.#options.clock.monotonicMs());
    return { limit: rule.limit, remaining: lot.permits + lot.left, resetMs };
  }

  async #takeLater(key: string, rule: WindowRule): Promise<RateStatus | undefined> {
    for (;;) {
      await this.#fetch(key, rule);
      const nowMs = this.#options.clock.monotonicMs();
      const lot = this.#lotOf(key, nowMs);
      if (nowMs < this.#awayUntilMs || !lot) return this.#own.take(key, rule, nowMs);
      if (lot.permits > 0 || lot.left === 0) return this.#spend(key, lot, rule);
    }
  }

  #fetch(key: string, rule: WindowRule): Promise<void> {
    const running = this.#fetching.get(key);
    if (running) return running;
    const fetching = this.#fetchOnce(key, rule).finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, fetching);
    return fetching;
  }

  async #fetchOnce(key: string, { limit, windowMs }: WindowRule): Promise<void> {
    const { clock, counter, telemetry } = this.#options;
    const sentAtMs = clock.monotonicMs();
    const known = this.#lotOf(key, sentAtMs);
    const count = lotSize(limit, known?.left ?? limit);
    try {
      const { granted, left, resetMs, windowId } = await counter.take(key, { count, limit, windowMs });
      // Counted from when it was asked: the lot must end before its window does.
      const endsMs = sentAtMs + resetMs;
      const before = this.#lots.get(key);
      const kept = before?.windowId === windowId ? before.permits : 0;
      this.#lots.delete(key);
      this.#lots.set(key, { permits: kept + granted, left, endsMs, windowId, isUsed: true });
      this.#makeRoom();
      this.#watchIdle();
    } catch (error) {
      this.#awayUntilMs = clock.monotonicMs() + AWAY_MS;
      telemetry?.log('warn', '/platform/gate', 'the shared counter is away: this node counts by itself', {
        error: String(error),
      });
    }
  }

  #makeRoom(): void {
    if (this.#lots.size <= this.#options.maxCount) return;
    const [key, lot] = this.#lots.entries().next().value!;
    this.#lots.delete(key);
    void this.#giveBack(key, lot);
  }

  #watchIdle(): void {
    this.#idleTimer ??= this.#options.clock.setTimer(IDLE_MS, () => {
      this.#idleTimer = undefined;
      const nowMs = this.#options.clock.monotonicMs();
      for (const [key, lot] of this.#lots) {
        const wasUsed = lot.isUsed;
        lot.isUsed = false;
        if (wasUsed && lot.endsMs > nowMs) continue;
        this.#lots.delete(key);
        if (lot.endsMs > nowMs) void this.#giveBack(key, lot);
      }
      if (this.#lots.size > 0) this.#watchIdle();
    });
  }

  async #giveBack(key: string, lot: Lot): Promise<void> {
    if (lot.permits === 0) return;
    const { permits } = lot;
    lot.permits = 0;
    // What does not go back is free again when its window ends.
    await this.#options.counter.giveBack(key, lot.windowId, permits).catch(() => undefined);
  }
}

function lotSize(limit: number, left: number): number {
  return Math.max(1, Math.min(Math.floor(limit / LOT_PART), Math.floor(left / LEFT_PART)));
}
