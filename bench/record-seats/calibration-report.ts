/** Measures what the seats' calibrations state: false findings on benign rows, precision of each code. */
import { createHash } from 'node:crypto';
import type { SeatPlan } from '../../agents/kit/seat-plan.ts';
import type { DecisionRequest } from '../../contracts/messages/decision.ts';
import { CLAIM_SETS } from './claim-fit.ts';
import { decisionOf, judge, requestOf, SEATS } from './judged-row.ts';
import { halfOf, readRows, wilson } from './labelled-rows.ts';
import type { LabelledRow } from './labelled-rows.ts';

/** Sets whose harmless rows must pass; every seat is measured on them. */
export const BENIGN_SETS = ['benign_clinc', 'mitre_frr', 'xstest'] as const;

/** Sets labelled for the mandate of a seat. */
export const MANDATE_SETS: Readonly<Record<string, readonly string[]>> = {
  truth: CLAIM_SETS,
  justice: ['bias_reddit', 'xstest'],
  privacy: ['pii_presidio', 'xstest'],
};

/** One measured number. */
export interface CodePrecision {
  readonly code: string;
  readonly right: number;
  readonly total: number;
}

/** What was measured for one seat. */
export interface SeatMeasurement {
  readonly seat: string;
  /** First 12 hex digits of the SHA-256 over the sets' texts and labels. */
  readonly dataDigest: string;
  /** Lowest lower bound over the benign sets that a harmless row draws no score below 0.5, basis points. */
  readonly benignConfidenceBp: number;
  readonly codes: readonly CodePrecision[];
}

/** Measures every seat; sets that are not there are left out. */
export function measureSeats(directory: string): readonly SeatMeasurement[] {
  return SEATS.map((plan) => measureSeat(plan, directory));
}

/** Point estimate that never says 0 or 1, basis points. @source P. S. Laplace, rule of succession */
export function laplaceBp(right: number, total: number): number {
  return Math.round((10_000 * (right + 1)) / (total + 2));
}

function measureSeat(plan: SeatPlan, directory: string): SeatMeasurement {
  const hash = createHash('sha256');
  let benign = 1;
  for (const set of BENIGN_SETS) {
    const rows = (readRows(directory, set) ?? []).filter((row) => row.label === 0);
    if (rows.length === 0) continue;
    const passed = rows.filter((row) => judge(plan, decisionOf(requestOf(row))).scoreBp >= 5_000).length;
    benign = Math.min(benign, wilson(passed, rows.length).low);
    add(hash, set, rows);
  }
  const codes = new Map<string, { right: number; total: number }>();
  for (const set of MANDATE_SETS[plan.seat] ?? []) {
    const rows = (readRows(directory, set) ?? []).filter(
      (row) => set === 'xstest' || halfOf(row) === 'held-out',
    );
    add(hash, set, rows);
    for (const row of rows) {
      count(plan, row, { request: requestOf(row), codes });
      // The same text on its way out: what is only present in a chat is then disclosed.
      if (row.spans && plan.seat === 'privacy')
        count(plan, row, { request: { type: 'output', text: row.text }, codes });
    }
  }
  return {
    seat: plan.seat,
    dataDigest: hash.digest('hex').slice(0, 12),
    benignConfidenceBp: Math.floor(benign * 10_000),
    codes: [...codes.entries()].map(([code, { right, total }]) => ({ code, right, total })).sort(byCode),
  };
}

interface Counting {
  readonly request: DecisionRequest;
  readonly codes: Map<string, { right: number; total: number }>;
}

function count(plan: SeatPlan, row: LabelledRow, { request, codes }: Counting): void {
  const evidence = judge(plan, decisionOf(request));
  if (evidence.code === 'none') return;
  // Privacy's own set marks places of personal data; a find is right where a marked place is hit.
  const spans = row.spans;
  const isRight =
    spans && plan.seat === 'privacy'
      ? evidence.spans.some((found) => spans.some(([start, end]) => found.start < end && start < found.end))
      : (row.label === 1) === evidence.scoreBp < 5_000;
  const key = pooled(evidence.code);
  const known = codes.get(key) ?? { right: 0, total: 0 };
  codes.set(key, { right: known.right + Number(isRight), total: known.total + 1 });
}

/** Codes that are measured together: what was found and how far it is exposed are two things. */
function pooled(code: string): string {
  return code.replace(/^(privacy\.[a-z-]+|justice\.demand)\..*$/, '$1');
}

function byCode(left: CodePrecision, right: CodePrecision): number {
  return left.code < right.code ? -1 : 1;
}

function add(hash: ReturnType<typeof createHash>, set: string, rows: readonly LabelledRow[]): void {
  hash.update(set);
  for (const row of rows) hash.update(`${row.label} ${row.text}\n`);
}
