/** Facts of a decision's `context` that say an action goes beyond its limits: doses, amounts, counts. */
import type { Decision } from '../../../../contracts/messages/decision.ts';

/** One limit that a stated value exceeds. */
export interface ExceededLimit {
  readonly code: string;
  readonly severity: number;
  /** Path of the value in the request. */
  readonly field: string;
  readonly reason: string;
}

interface LimitRule {
  readonly code: string;
  /** Key of the value, and keys of its limit, as they stand beside each other in one object. */
  readonly value: RegExp;
  readonly limit: RegExp;
  readonly reason: string;
}

/** A value and a limit count as a pair when they stand in the same object. */
const LIMITS: readonly LimitRule[] = [
  {
    code: 'action.dose-over-maximum',
    reason: 'the dose is above the stated maximum',
    value:
      /^(?:daily_?|single_?|total_?)?(?:dose|dosage|dose_?mg|dosage_?mg|dose_?per_?day|daily_?dose_?mg)$/i,
    limit:
      /^(?:max|maximum)[_-]?(?:daily_?|single_?|total_?)?(?:dose|dosage)?(?:_?mg|_?per_?day)?$|^(?:dose|dosage)_?(?:max|limit)(?:_?mg)?$/i,
  },
  {
    code: 'action.amount-over-limit',
    reason: 'the amount is above the stated limit',
    value:
      /^(?:transfer_?|payment_?|transaction_?|withdrawal_?|refund_?|order_?)?(?:amount|sum|value|total)(?:_?(?:usd|eur|gbp|cents))?$/i,
    limit:
      /^(?:daily_?|transfer_?|payment_?|transaction_?|approval_?|spending_?|refund_?|amount_?)?(?:limit|max|maximum|cap|ceiling)(?:_?amount)?(?:_?(?:usd|eur|gbp|cents))?$|^(?:max|maximum)_?(?:amount|transfer|payment)$/i,
  },
  {
    code: 'action.scope-over-limit',
    reason: 'more items are touched than the stated limit',
    value:
      /^(?:rows|row_?count|records|record_?count|files|file_?count|recipients|recipient_?count|affected|affected_?rows|count|items)$/i,
    limit:
      /^(?:max|maximum|limit)_?(?:rows|records|files|recipients|affected|count|items)$|^(?:rows|records|files|recipients|count|items)_?(?:limit|max)$/i,
  },
];

const MAX_OBJECTS = 2_000;

/** Limits that the context states and exceeds. Linear in the number of its keys. */
export function exceededLimits(decision: Decision): readonly ExceededLimit[] {
  const found: ExceededLimit[] = [];
  const queue: { path: string; value: unknown }[] = [{ path: 'context', value: decision.request.context }];
  for (let at = 0; at < queue.length && at < MAX_OBJECTS; at += 1) {
    const { path, value } = queue[at]!;
    if (value === null || typeof value !== 'object') continue;
    const entries = Object.entries(value);
    for (const rule of LIMITS) checkObject(rule, path, { entries, found });
    for (const [key, item] of entries)
      if (item !== null && typeof item === 'object') queue.push({ path: `${path}.${key}`, value: item });
  }
  return found;
}

function checkObject(
  rule: LimitRule,
  path: string,
  { entries, found }: { entries: readonly [string, unknown][]; found: ExceededLimit[] },
): void {
  const limits = entries.flatMap(([key, item]) => (rule.limit.test(key) ? numberIn(item) : []));
  const limit = Math.min(...limits);
  if (!Number.isFinite(limit)) return;
  for (const [key, item] of entries) {
    const value = rule.value.test(key) ? numberIn(item)[0] : undefined;
    if (value === undefined || value <= limit) continue;
    const severity = value >= limit * 2 ? 0.98 : 0.92;
    found.push({ code: rule.code, severity, field: `${path}.${key}`, reason: rule.reason });
  }
}

/** `500`, `"500"`, `"500 mg"`; another text holds no number. */
function numberIn(value: unknown): number[] {
  if (typeof value === 'number' && Number.isFinite(value)) return [value];
  if (typeof value !== 'string' || value.length > 40) return [];
  const match = /^\s{0,3}(\d{1,12}(?:\.\d{1,6})?)\s{0,3}[a-zA-Zµ€$£%/]{0,10}\s{0,3}$/.exec(
    value.replace(/,/g, ''),
  );
  return match ? [Number(match[1])] : [];
}
