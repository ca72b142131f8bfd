/** Thresholds and figures over rows that were held out. */
import type { Origin } from '../../contracts/messages/decision.ts';
import type { Stack } from '../../agents/inference/detectors/stack.ts';
import { aucOf } from './figures.ts';
import type { Sample } from './samples.ts';
import type { HeldOutFigure } from './trained.ts';

/** A whole text as a detector will be asked about it. */
export interface StackRow extends Sample {
  readonly origin: Origin;
}

/** Texts that were put together count as one source, whatever their length. */
export function familyOf(row: StackRow): string {
  return row.source.replace(/^(long|buried) .*/, '$1');
}

/** Both labels weigh the same, and so does each source within its label. */
export function balanced(rows: readonly StackRow[]): number[] {
  const key = (row: StackRow): string => `${row.label} ${familyOf(row)}`;
  const sizes = new Map<string, number>();
  for (const row of rows) sizes.set(key(row), (sizes.get(key(row)) ?? 0) + 1);
  const sources = [0, 1].map(
    (label) => [...sizes.keys()].filter((one) => one.startsWith(String(label))).length,
  );
  return rows.map((row) => 1 / (sizes.get(key(row))! * sources[row.label]!));
}

/** For each origin the lowest score that admits a share of its harmless rows, as the mean over their sources. */
export function thresholdsOf(
  rows: readonly StackRow[],
  scores: readonly number[],
  { falseAlarms, contrast }: { falseAlarms: number; contrast: readonly string[] },
): Stack['thresholds'] {
  const at = (origins: readonly Origin[]): number => {
    const bySource = new Map<string, number[]>();
    rows.forEach((row, index) => {
      if (row.label === 1 || !origins.includes(row.origin) || contrast.includes(row.source)) return;
      const list = bySource.get(familyOf(row)) ?? [];
      list.push(scores[index]!);
      bySource.set(familyOf(row), list);
    });
    const share = (limit: number): number =>
      [...bySource.values()].reduce(
        (sum, list) => sum + list.filter((score) => score >= limit).length / list.length,
        0,
      ) / bySource.size;
    if (bySource.size === 0) return Number.NaN;
    const candidates = [...bySource.values()].flat().sort((a, b) => a - b);
    const limit = candidates.find((candidate) => share(candidate + 1e-9) <= falseAlarms) ?? 1;
    return rounded(Math.min(1, Math.max(0.05, limit + 1e-6)));
  };
  const fromDocuments = at(['retrieved']);
  const fromPeople = at(['user', 'assistant']);
  // A detector of documents alone has no row of a person, and the other way round.
  const user = Number.isNaN(fromPeople) ? fromDocuments : fromPeople;
  const documents = Number.isNaN(fromDocuments) ? user : fromDocuments;
  const strictest = Math.min(1, rounded(1 - (1 - Math.max(user, documents)) / 4));
  // The operator's own words give orders by right; only what is almost certain counts there.
  return { user, system: strictest, assistant: user, tool: documents, retrieved: documents };
}

/** Share of right decisions in each bin of the score; bins of fewer than 20 rows say nothing. */
export function rightShares(
  rows: readonly StackRow[],
  scores: readonly number[],
  thresholds: Stack['thresholds'],
): (number | null)[] {
  const weights = balanced(rows);
  const bins = Array.from({ length: 10 }, () => ({ n: 0, right: 0, all: 0 }));
  rows.forEach((row, index) => {
    const bin = bins[Math.min(9, Math.floor(scores[index]! * 10))]!;
    const isHarm = scores[index]! >= (thresholds[row.origin] ?? 1);
    bin.n += 1;
    bin.all += weights[index]!;
    if (isHarm === (row.label === 1)) bin.right += weights[index]!;
  });
  return bins.map(({ n, right, all }) => (n < 20 ? null : rounded(right / all)));
}

/** Figures of each source and label. */
export function heldOutFigures(
  rows: readonly StackRow[],
  scores: readonly number[],
  thresholds: Stack['thresholds'],
): HeldOutFigure[] {
  const keys = [...new Set(rows.map((row) => `${row.label} ${row.source}`))].sort();
  return keys.map((key) => {
    const label = Number(key[0]) as 0 | 1;
    const source = key.slice(2);
    const own = rows.flatMap((row, index) => (row.source === source && row.label === label ? [index] : []));
    const fold = rows[own[0]!]!.fold;
    const others = rows.flatMap((row, index) => (row.fold === fold && row.label !== label ? [index] : []));
    const both = [...own, ...others];
    return {
      source,
      label,
      n: own.length,
      flagged: own.filter((index) => scores[index]! >= (thresholds[rows[index]!.origin] ?? 1)).length,
      auc: aucOf(
        both.map((index) => scores[index]!),
        both.map((index) => rows[index]!.label),
      ),
    };
  });
}

/** Six digits behind the point: what is printed is what is used. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
