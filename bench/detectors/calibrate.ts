/** Turns counts on labelled rows into the numbers of a seat's calibration. */
import { createHash } from 'node:crypto';
import type { SeatFinding } from './judged-row.ts';
import type { LabelledRow } from './labelled-rows.ts';
import { wilson } from './interval.ts';

/** A judged row of a set. */
export interface Judged {
  readonly set: string;
  readonly row: LabelledRow;
  readonly findings: readonly SeatFinding[];
}

/** Numbers of one seat, basis points. */
export interface SeatNumbers {
  /** SHA-256 over sets, labels and texts, 12 hex digits. */
  readonly dataDigest: string;
  readonly benignConfidenceBp: number;
  readonly findingConfidenceBp: Readonly<Record<string, number>>;
  readonly vetoCodes: readonly string[];
}

/** Fewer findings than these say nothing about a code's precision. */
const LEAST_FINDINGS = 20;
const VETO_PRECISION = 0.95;
const POOLED_FINDINGS = 10;

/**
 * Benign: mean over sets (so that a large set does not hide a small one) of the share of benign rows that
 * the seat
 * passes. Codes: precision = true / (true + false) over all rows, drawn toward the whole seat's precision
 * by ten
 * findings, so that a code that was seldom seen says what the seat's others say. A code may veto when its own
 * precision, with one finding of each kind added (Laplace), is at least 0.95 on at least 20 findings.
 */
export function calibrateSeat(seat: string, judged: readonly Judged[]): SeatNumbers {
  const passed = new Map<string, { pass: number; total: number }>();
  const codes = new Map<string, { hit: number; miss: number }>();
  for (const { set, row, findings } of judged) {
    const own = findings.filter((finding) => finding.seat === seat);
    if (row.label === 0) {
      const counts = passed.get(set) ?? { pass: 0, total: 0 };
      counts.total += 1;
      if (own.length === 0) counts.pass += 1;
      passed.set(set, counts);
    }
    for (const code of new Set(own.map((finding) => finding.code).concat(own.length > 0 ? [seat] : []))) {
      const counts = codes.get(code) ?? { hit: 0, miss: 0 };
      if (row.label === 1) counts.hit += 1;
      else counts.miss += 1;
      codes.set(code, counts);
    }
  }
  const shares = [...passed.values()].map(({ pass, total }) => pass / total);
  const all = codes.get(seat) ?? { hit: 0, miss: 0 };
  const pooled = (all.hit + 1) / (all.hit + all.miss + 2);
  const finding: Record<string, number> = {};
  const veto: string[] = [];
  for (const [code, { hit, miss }] of [...codes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const precision = (hit + 1) / (hit + miss + 2);
    finding[code] = Math.floor(((hit + POOLED_FINDINGS * pooled) / (hit + miss + POOLED_FINDINGS)) * 10_000);
    if (code !== seat && hit + miss >= LEAST_FINDINGS && precision >= VETO_PRECISION) veto.push(code);
  }
  const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
  return {
    dataDigest: digestOf(judged),
    benignConfidenceBp: Math.floor(mean * 10_000),
    findingConfidenceBp: finding,
    vetoCodes: veto,
  };
}

function digestOf(judged: readonly Judged[]): string {
  const hash = createHash('sha256');
  for (const { set, row } of judged) hash.update(`${set}\n${row.label}\n${row.text}\n`);
  return hash.digest('hex').slice(0, 12);
}

/** `12.3 % [11.0, 13.7]` */
export function formatShare(count: number, total: number): string {
  if (total === 0) return '–';
  const { low, high } = wilson(count, total);
  const percent = (share: number): string => (share * 100).toFixed(1);
  return `${percent(count / total)} % [${percent(low)}, ${percent(high)}]`;
}
