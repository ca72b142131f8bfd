/** Credits of tenants: what each tier gives in a period, and what was used of it (GWY-17). */
import type { Settings } from '../../../../config/schema.ts';
import { WitanError } from '../../../../contracts/errors.ts';

/** Credits that were used and are not stored yet. */
export interface UnstoredCredits {
  readonly tenant: string;
  readonly period: number;
  readonly count: number;
}

interface Account {
  /** Used in the period by every node, as the store said last. */
  stored: number;
  /** Used here since then. */
  unstored: number;
}

type CreditSettings = Pick<
  Settings['admission'],
  'tierCredits' | 'tenantTiers' | 'defaultTier' | 'creditPeriodDays'
>;

const DAY_MS = 86_400_000;

/**
 * Counts in memory and is stored in the background, so that no call waits for it. Several nodes, and a
 * restart, may together let through what they did not know of each other: what a tenant uses in a few
 * seconds.
 */
export class CreditBook {
  readonly #settings: CreditSettings;
  readonly #accounts = new Map<string, Account>();
  #period = 0;
  #isToStore = false;

  constructor(settings: CreditSettings) {
    this.#settings = settings;
  }

  /** Whether a tenant's credits are counted at all. */
  isMetered(tenant: string): boolean {
    return this.#creditsOf(tenant) > 0;
  }

  /** @throws quota_exceeded when fewer than `count` are left in the period */
  check(tenant: string, count: number, nowWallMs: number): void {
    const credits = this.#creditsOf(tenant);
    if (credits === 0 || count === 0) return;
    this.#enterPeriod(nowWallMs);
    const account = this.#accounts.get(tenant);
    const used = account ? account.stored + account.unstored : 0;
    if (used + count <= credits) return;
    const resetMs = (this.#period + 1) * this.#periodMs - nowWallMs;
    throw new WitanError('quota_exceeded', 'the credits of the tenant are used up', {
      credits,
      used,
      resetMs,
    });
  }

  /**
   * Uses credits of a tenant that is metered; a negative count gives them back. True at the first that is
   * to be stored since `takeUnstored`.
   */
  use(tenant: string, count: number, nowWallMs: number): boolean {
    if (count === 0 || !this.isMetered(tenant)) return false;
    this.#enterPeriod(nowWallMs);
    const account = this.#accounts.get(tenant) ?? { stored: 0, unstored: 0 };
    account.unstored += count;
    this.#accounts.set(tenant, account);
    const isFirst = !this.#isToStore;
    this.#isToStore = true;
    return isFirst;
  }

  /** Takes what is to be stored; `stored` or `putBack` must follow for each. */
  takeUnstored(): readonly UnstoredCredits[] {
    this.#isToStore = false;
    const unstored: UnstoredCredits[] = [];
    for (const [tenant, account] of this.#accounts) {
      if (account.unstored === 0) continue;
      unstored.push({ tenant, period: this.#period, count: account.unstored });
      account.stored += account.unstored;
      account.unstored = 0;
    }
    return unstored;
  }

  /** Takes over what the store says that all nodes have used. */
  stored({ tenant, period }: UnstoredCredits, sum: number): void {
    const account = period === this.#period ? this.#accounts.get(tenant) : undefined;
    if (account) account.stored = sum;
  }

  /** What could not be stored is stored with the next. */
  putBack({ tenant, period, count }: UnstoredCredits): void {
    const account = period === this.#period ? this.#accounts.get(tenant) : undefined;
    if (!account) return;
    account.stored -= count;
    account.unstored += count;
  }

  get #periodMs(): number {
    return this.#settings.creditPeriodDays * DAY_MS;
  }

  /** A wall clock that goes back opens no earlier period. */
  #enterPeriod(nowWallMs: number): void {
    const period = Math.floor(nowWallMs / this.#periodMs);
    if (period <= this.#period) return;
    this.#period = period;
    this.#accounts.clear();
  }

  #creditsOf(tenant: string): number {
    const { tierCredits, tenantTiers, defaultTier } = this.#settings;
    const tier = Object.hasOwn(tenantTiers, tenant) ? tenantTiers[tenant]! : defaultTier;
    return Object.hasOwn(tierCredits, tier) ? tierCredits[tier]! : 0;
  }
}
