/**
 * Memory of earlier inputs per tenant: same and near-same ones are linked, so that nobody shops for verdicts.
 */
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { Outcome } from '../../../contracts/messages/verdict.ts';
import type { Fingerprint } from '../../../runtime/kernel/decision-index/fingerprint.ts';
import { NearFingerprints } from './near-fingerprints.ts';

/** Limits of the memory; times in ms on the caller's monotonic clock. */
export interface AttemptLimits {
  readonly windowMs: number;
  /** Differing bits that still count as near, 0 to 7. */
  readonly nearBitCount: number;
  /** Attempts remembered in all; the oldest go first. */
  readonly rememberedMaxCount: number;
}

/** One submitted input. */
export interface Attempt {
  readonly tenant: string;
  readonly decisionId: DecisionId;
  readonly fingerprint: Fingerprint;
  readonly atMs: number;
}

/** What is known of earlier attempts at one input. */
export interface EarlierAttempts {
  readonly count: number;
  /** Those that were rejected or held; open ones are not counted. */
  readonly unapprovedCount: number;
  /** The newest one; null without any. */
  readonly latest: DecisionId | null;
}

interface Remembered extends Attempt {
  readonly order: number;
  unapproved: boolean;
  isSettled: boolean;
}

/** Attempts within a window. Lookups touch the fingerprints that may be near, not every attempt. */
export class AttemptMemory {
  readonly #limits: AttemptLimits;
  readonly #byDecision = new Map<DecisionId, Remembered>();
  /** Attempts of one tenant with one fingerprint, oldest first. */
  readonly #groups = new Map<string, Map<DecisionId, Remembered>>();
  readonly #fingerprints = new Map<string, NearFingerprints>();
  #order = 0;

  constructor(limits: AttemptLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byDecision.size;
  }

  /**
   * Earlier attempts at the same or nearly the same input of the same tenant, inside the window, and the one
   * that the caller names. A named one that is not remembered as approved counts against the caller.
   */
  earlier(
    tenant: string,
    fingerprint: Fingerprint,
    { nowMs, retryOf }: { readonly nowMs: number; readonly retryOf?: DecisionId | undefined },
  ): EarlierAttempts {
    this.#forgetBefore(nowMs - this.#limits.windowMs);
    let count = 0;
    let unapprovedCount = 0;
    let latest: Remembered | undefined;
    let isNamedCounted = false;
    const near = this.#fingerprints.get(tenant)?.near(fingerprint, this.#limits.nearBitCount) ?? [];
    for (const one of near) {
      for (const attempt of this.#groups.get(groupKey(tenant, one))?.values() ?? []) {
        count += 1;
        if (attempt.unapproved) unapprovedCount += 1;
        if (attempt.decisionId === retryOf) isNamedCounted = true;
        if (!latest || attempt.order > latest.order) latest = attempt;
      }
    }
    if (retryOf === undefined) return { count, unapprovedCount, latest: latest?.decisionId ?? null };
    const isForgiven = isNamedCounted || this.#isApproved(retryOf, tenant);
    return {
      count: isNamedCounted ? count : count + 1,
      unapprovedCount: isForgiven ? unapprovedCount : unapprovedCount + 1,
      latest: retryOf,
    };
  }

  /** Remembers an input; false when the decision is remembered already, which changes nothing. */
  remember(attempt: Attempt): boolean {
    if (this.#byDecision.has(attempt.decisionId)) return false;
    this.#order += 1;
    const remembered: Remembered = { ...attempt, order: this.#order, unapproved: false, isSettled: false };
    this.#byDecision.set(attempt.decisionId, remembered);
    const key = groupKey(attempt.tenant, attempt.fingerprint);
    const group = this.#groups.get(key);
    if (group) group.set(attempt.decisionId, remembered);
    else {
      this.#groups.set(key, new Map([[attempt.decisionId, remembered]]));
      const { tenant, fingerprint } = attempt;
      const known = this.#fingerprints.get(tenant) ?? new NearFingerprints();
      known.add(fingerprint);
      this.#fingerprints.set(tenant, known);
    }
    if (this.#byDecision.size > this.#limits.rememberedMaxCount) this.#forget(this.#oldest()!);
    return true;
  }

  /** Forgets an input that was not accepted after all. */
  forget(decisionId: DecisionId): void {
    const attempt = this.#byDecision.get(decisionId);
    if (attempt) this.#forget(attempt);
  }

  /** Notes how a remembered decision ended. */
  settle(decisionId: DecisionId, outcome: Outcome): void {
    const attempt = this.#byDecision.get(decisionId);
    if (!attempt) return;
    attempt.unapproved = outcome !== 'approved';
    attempt.isSettled = true;
  }

  #isApproved(decisionId: DecisionId, tenant: string): boolean {
    const attempt = this.#byDecision.get(decisionId);
    return attempt !== undefined && attempt.tenant === tenant && attempt.isSettled && !attempt.unapproved;
  }

  #forgetBefore(ms: number): void {
    for (let oldest = this.#oldest(); oldest && oldest.atMs < ms; oldest = this.#oldest())
      this.#forget(oldest);
  }

  #oldest(): Remembered | undefined {
    return this.#byDecision.values().next().value;
  }

  #forget(attempt: Remembered): void {
    this.#byDecision.delete(attempt.decisionId);
    const key = groupKey(attempt.tenant, attempt.fingerprint);
    const group = this.#groups.get(key);
    group?.delete(attempt.decisionId);
    if (group && group.size > 0) return;
    this.#groups.delete(key);
    const known = this.#fingerprints.get(attempt.tenant)!;
    known.delete(attempt.fingerprint);
    if (known.size === 0) this.#fingerprints.delete(attempt.tenant);
  }
}

function groupKey(tenant: string, fingerprint: Fingerprint): string {
  return `${tenant}/${fingerprint}`;
}
