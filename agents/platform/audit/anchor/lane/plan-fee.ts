/** What to offer for a transaction, and whether the day's budget allows it. Pure; all amounts in wei. */
import type { ChainFees } from '../../../../../runtime/kernel/ports/chain/chain.ts';
import type { SignedTransaction } from './anchor-event.ts';

/** Limits on what is offered. */
export interface FeeRules {
  /** Most that is offered for one gas. */
  readonly maxFeeWei: bigint;
  /** Least that is offered on top of the base fee. */
  readonly minTipWei: bigint;
  /** Most that a day (UTC) may cost. */
  readonly dailyBudgetWei: bigint;
}

/** Limits on one offer. */
export type OfferLimits = Pick<FeeRules, 'maxFeeWei' | 'minTipWei'>;

/** What is offered for one gas. */
export interface FeeOffer {
  readonly maxFeeWei: bigint;
  readonly tipWei: bigint;
}

/**
 * Growth of a replacement in parts of 1,000. Nodes refuse one that does not grow both tip and cap by 10 %;
 * an eighth more leaves room for their rounding.
 */
const REPLACEMENT_GROWTH = 1_125n;

/** Offer for a first transaction; undefined while the chain is dearer than the rules allow. */
export function firstOffer({ baseFeeWei, tipWei }: ChainFees, rules: OfferLimits): FeeOffer | undefined {
  const tip = least(most(tipWei, rules.minTipWei), rules.maxFeeWei);
  // Twice the base fee holds for six blocks in a row that are full.
  const wanted = 2n * baseFeeWei + tip;
  if (baseFeeWei + rules.minTipWei > rules.maxFeeWei) return undefined;
  const maxFeeWei = least(wanted, rules.maxFeeWei);
  return { maxFeeWei, tipWei: least(tip, maxFeeWei) };
}

/** Offer that replaces an earlier one under its nonce; undefined where the rules allow none. */
export function nextOffer(
  earlier: Pick<SignedTransaction, 'maxFeeWei' | 'tipWei'>,
  fees: ChainFees,
  rules: Pick<OfferLimits, 'maxFeeWei'>,
): FeeOffer | undefined {
  const tipWei = most(grown(BigInt(earlier.tipWei)), least(fees.tipWei, rules.maxFeeWei));
  const maxFeeWei = most(
    grown(BigInt(earlier.maxFeeWei)),
    least(2n * fees.baseFeeWei + tipWei, rules.maxFeeWei),
  );
  if (maxFeeWei > rules.maxFeeWei || tipWei > maxFeeWei) return undefined;
  return { maxFeeWei, tipWei };
}

/** Whether `costWei` more fits the budget of a day on which `spentWei` is spent or promised. */
export function isInBudget(spentWei: bigint, costWei: bigint, { dailyBudgetWei }: FeeRules): boolean {
  return spentWei + costWei <= dailyBudgetWei;
}

/** Day in UTC of a wall time: `2026-11-21`. */
export function dayOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}

function grown(wei: bigint): bigint {
  return (wei * REPLACEMENT_GROWTH + 999n) / 1_000n;
}

function most(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
