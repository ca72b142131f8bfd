/** Which backup points are kept: a pure function of their times. */

/** A point in time that a node can be restored to. */
export interface RetainedPoint {
  readonly atWallMs: number;
  /** `manual` was made on purpose, as before a major change, and stays until somebody removes it. */
  readonly kind: 'increment' | 'manual';
}

/** How long points are kept (DRB-02, DRB-03). */
export interface BackupRetention {
  readonly windowDays: number;
  readonly dailyDays: number;
  readonly weeklyDays: number;
  readonly monthlyMonths: number;
  readonly yearlyYears: number;
}

/** Why a point is kept. */
export type KeepReason = 'newest' | 'manual' | 'window' | 'daily' | 'weekly' | 'monthly' | 'yearly';

const DAY_MS = 86_400_000;

/**
 * Splits points into those that are kept, with the first reason that holds, and those that are not.
 *
 * Of each UTC day, week (from Monday), month and year the last point counts. The newest point is always kept,
 * whatever its age; one that lies in the future, by a clock that was wrong, counts as new.
 */
export function retainedPoints<P extends RetainedPoint>(
  points: readonly P[],
  nowWallMs: number,
  retention: BackupRetention,
): {
  readonly kept: readonly { readonly point: P; readonly reason: KeepReason }[];
  readonly dropped: readonly P[];
} {
  const sorted = [...points].sort((left, right) => right.atWallMs - left.atWallMs);
  const { windowDays, dailyDays, weeklyDays, monthlyMonths, yearlyYears } = retention;
  const steps: readonly Step[] = [
    { reason: 'daily', sinceWallMs: nowWallMs - dailyDays * DAY_MS, period: dayOf, seen: new Set() },
    { reason: 'weekly', sinceWallMs: nowWallMs - weeklyDays * DAY_MS, period: weekOf, seen: new Set() },
    {
      reason: 'monthly',
      sinceWallMs: monthsBefore(nowWallMs, monthlyMonths),
      period: monthOf,
      seen: new Set(),
    },
    {
      reason: 'yearly',
      sinceWallMs: monthsBefore(nowWallMs, 12 * yearlyYears),
      period: yearOf,
      seen: new Set(),
    },
  ];
  const windowSinceMs = nowWallMs - windowDays * DAY_MS;
  const kept: { point: P; reason: KeepReason }[] = [];
  const dropped: P[] = [];
  for (const [at, point] of sorted.entries()) {
    // Every step sees every point, or the last of a period would not be the one that counts.
    const periodic = steps.filter((step) => takes(step, point.atWallMs))[0]?.reason;
    const fixed = at === 0 ? 'newest' : point.kind === 'manual' ? 'manual' : undefined;
    const reason = fixed ?? (point.atWallMs >= windowSinceMs ? 'window' : periodic);
    if (reason) kept.push({ point, reason });
    else dropped.push(point);
  }
  return { kept, dropped };
}

interface Step {
  readonly reason: KeepReason;
  readonly sinceWallMs: number;
  readonly period: (atWallMs: number) => string;
  readonly seen: Set<string>;
}

function takes({ sinceWallMs, period, seen }: Step, atWallMs: number): boolean {
  const name = period(atWallMs);
  if (atWallMs < sinceWallMs || seen.has(name)) return false;
  seen.add(name);
  return true;
}

const dayOf = (atWallMs: number): string => new Date(atWallMs).toISOString().slice(0, 10);
const monthOf = (atWallMs: number): string => new Date(atWallMs).toISOString().slice(0, 7);
const yearOf = (atWallMs: number): string => new Date(atWallMs).toISOString().slice(0, 4);
// 1 January 1970 was a Thursday: three days after a Monday.
const weekOf = (atWallMs: number): string => String(Math.floor((atWallMs + 3 * DAY_MS) / (7 * DAY_MS)));

function monthsBefore(atWallMs: number, months: number): number {
  const date = new Date(atWallMs);
  date.setUTCMonth(date.getUTCMonth() - months);
  return date.getTime();
}
