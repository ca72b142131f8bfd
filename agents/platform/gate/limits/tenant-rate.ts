/** Submissions of each tenant at one node: a steady rate with room for a burst. */

/** A rate, and how many may come at once. */
export interface RateRule {
  readonly perSecond: number;
  readonly burstCount: number;
}

/** Tenants that are remembered; one that is forgotten starts with a whole burst. */
const TENANT_MAX_COUNT = 10_000;

/**
 * Lets through at most `burstCount + perSecond × t` in any stretch of t seconds. O(1).
 * @source Generic cell rate algorithm, ITU-T I.371 (the virtual scheduling form)
 */
export class TenantRate {
  readonly #gapMs: number;
  readonly #allowanceMs: number;
  /** When the next submission of a tenant would be due at the steady rate; oldest first. */
  readonly #dueMs = new Map<string, number>();

  constructor({ perSecond, burstCount }: RateRule) {
    this.#gapMs = 1_000 / perSecond;
    this.#allowanceMs = this.#gapMs * (burstCount - 1);
  }

  /** Time after which a submission may go, ms; 0: now. Takes none. */
  waitMs(tenant: string, nowMs: number): number {
    return Math.max(0, this.#dueAt(tenant, nowMs) - this.#allowanceMs - nowMs);
  }

  /** Takes one submission; 0 when it may go, else the time after which one may, ms. */
  take(tenant: string, nowMs: number): number {
    const waitMs = this.waitMs(tenant, nowMs);
    if (waitMs > 0) return waitMs;
    const dueMs = this.#dueAt(tenant, nowMs);
    this.#dueMs.delete(tenant);
    this.#dueMs.set(tenant, dueMs + this.#gapMs);
    if (this.#dueMs.size > TENANT_MAX_COUNT) this.#dueMs.delete(this.#dueMs.keys().next().value!);
    return 0;
  }

  #dueAt(tenant: string, nowMs: number): number {
    return Math.max(this.#dueMs.get(tenant) ?? nowMs, nowMs);
  }
}
