/** Outcomes by group: four-fifths rule and significance. */
import { plainKey } from '../record/facts.ts';

/** Selected and total of one group. */
export interface GroupOutcome {
  readonly group: string;
  readonly selected: number;
  readonly total: number;
}

/** Result of comparing the least with the most selected group. */
export interface Disparity {
  readonly low: GroupOutcome;
  readonly high: GroupOutcome;
  /** Selection rate of `low` over that of `high`, 0 … 1. */
  readonly ratio: number;
  /** Two-sided probability of a difference at least as large if the rates were equal. */
  readonly probability: number;
}

/** Four-fifths rule. @source 29 CFR 1607.4(D) */
export const FOUR_FIFTHS = 0.8;

/** Reads group outcomes from an array of objects or an object by group; null where it is neither. */
export function readGroups(value: unknown): readonly GroupOutcome[] | null {
  const rows: [string, unknown][] = Array.isArray(value)
    ? value.map((row, index) => [String(index), row])
    : value !== null && typeof value === 'object'
      ? Object.entries(value)
      : [];
  const groups = rows.flatMap(([name, row]) => readGroup(name, row) ?? []);
  return groups.length >= 2 && groups.length === rows.length ? groups : null;
}

/** Least against most selected group; null with fewer than two groups that have members. */
export function disparityOf(groups: readonly GroupOutcome[]): Disparity | null {
  const counted = groups.filter((group) => group.total > 0);
  if (counted.length < 2) return null;
  const sorted = counted.toSorted((a, b) => a.selected / a.total - b.selected / b.total);
  const low = sorted[0] as GroupOutcome;
  const high = sorted.at(-1) as GroupOutcome;
  const highRate = high.selected / high.total;
  const ratio = highRate === 0 ? 1 : low.selected / low.total / highRate;
  return { low, high, ratio, probability: twoSided(low, high) };
}

/**
 * Two-sided exact probability of a 2 × 2 table; sums the tables no likelier than the one seen.
 * @source R. A. Fisher, Statistical Methods for Research Workers (1934) §21.02
 */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const logs = logFactorials(a + b + c + d);
  const at = (n: number): number => logs[n] ?? 0;
  const fixed = at(a + b) + at(c + d) + at(a + c) + at(b + d) - at(a + b + c + d);
  const logOf = (x: number): number => fixed - at(x) - at(a + b - x) - at(a + c - x) - at(d - a + x);
  const seen = logOf(a);
  let sum = 0;
  for (let x = Math.max(0, a - d); x <= Math.min(a + b, a + c); x += 1) {
    const log = logOf(x);
    if (log <= seen + 1e-7) sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

function twoSided(low: GroupOutcome, high: GroupOutcome): number {
  const total = low.total + high.total;
  if (total <= 2_000)
    return fisherExact(low.selected, low.total - low.selected, high.selected, high.total - high.selected);
  const pooled = (low.selected + high.selected) / total;
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / low.total + 1 / high.total));
  if (spread === 0) return 1;
  return 2 * normalTail(Math.abs(low.selected / low.total - high.selected / high.total) / spread);
}

/** Upper tail of the standard normal. @source Abramowitz and Stegun 26.2.17 */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return Math.max(0, (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly);
}

function logFactorials(limit: number): readonly number[] {
  const logs = [0];
  for (let n = 1; n <= limit; n += 1) logs.push((logs[n - 1] ?? 0) + Math.log(n));
  return logs;
}

const SELECTED = [
  'selected',
  'approved',
  'hired',
  'positive',
  'granted',
  'accepted',
  'passed',
  'favourable',
  'favorable',
];
const TOTAL = ['total', 'count', 'n', 'applicants', 'applied', 'size', 'members'];
const REFUSED = ['rejected', 'denied', 'negative', 'refused', 'failed'];
const RATE = ['rate', 'selectionrate', 'approvalrate', 'acceptancerate'];

function readGroup(name: string, row: unknown): GroupOutcome | null {
  if (row === null || typeof row !== 'object') return null;
  const fields = new Map(Object.entries(row).map(([key, value]) => [plainKey(key), value as unknown]));
  const number = (keys: readonly string[]): number | undefined => {
    for (const key of keys) {
      const value = fields.get(key);
      if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    }
    return undefined;
  };
  const given = number(SELECTED);
  const refused = number(REFUSED);
  const total = number(TOTAL) ?? (given !== undefined && refused !== undefined ? given + refused : undefined);
  const rate = number(RATE);
  if (total === undefined) return null;
  const selected =
    given ??
    (refused !== undefined ? total - refused : rate !== undefined ? Math.round(total * rate) : undefined);
  if (selected === undefined || selected > total) return null;
  const label = fields.get('group') ?? fields.get('name') ?? fields.get('value');
  return {
    group: typeof label === 'string' ? label : name,
    selected: Math.round(selected),
    total: Math.round(total),
  };
}
