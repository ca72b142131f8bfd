/** Figures of one source. Pure. */
import { aucOf, eceOf } from '../../tools/train/figures.ts';
import { wilson } from '../detectors/interval.ts';

/** What a detector said of one row. */
export interface JudgedScore {
  readonly label: 0 | 1;
  readonly score: number;
  readonly isHarm: boolean;
  readonly ms: number;
}

/** A share with its 95 % interval. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Figures of a source; null where there are no rows for one. */
export interface SourceFigures {
  readonly n: number;
  readonly harmful: number;
  readonly auc: number | null;
  readonly precision: number | null;
  /** At the shipped threshold. */
  readonly recall: Share | null;
  readonly falseAlarm: Share | null;
  readonly ece: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Counts, shares and times. */
export function figuresOf(rows: readonly JudgedScore[]): SourceFigures {
  const harmful = rows.filter(({ label }) => label === 1);
  const harmless = rows.filter(({ label }) => label === 0);
  const flagged = rows.filter(({ isHarm }) => isHarm);
  const labels = rows.map(({ label }) => label);
  const scores = rows.map(({ score }) => score);
  const times = rows.map(({ ms }) => ms).sort((a, b) => a - b);
  const hasBoth = harmful.length > 0 && harmless.length > 0;
  return {
    n: rows.length,
    harmful: harmful.length,
    auc: hasBoth ? aucOf(scores, labels) : null,
    precision:
      hasBoth && flagged.length > 0
        ? flagged.filter(({ label }) => label === 1).length / flagged.length
        : null,
    recall: shareOf(harmful),
    falseAlarm: shareOf(harmless),
    ece: eceOf(scores, labels),
    p50Ms: times[Math.floor(times.length / 2)] ?? 0,
    p95Ms: times[Math.floor(times.length * 0.95)] ?? 0,
  };
}

function shareOf(rows: readonly JudgedScore[]): Share | null {
  if (rows.length === 0) return null;
  const count = rows.filter(({ isHarm }) => isHarm).length;
  return { value: count / rows.length, ...wilson(count, rows.length) };
}
