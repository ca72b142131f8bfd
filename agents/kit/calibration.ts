/** Looks a finding up in a seat's measured reliability. */
import type { SeatCalibration } from './seat-plan.ts';

/**
 * Whether `prefix` stands for `code`: the code itself, or a whole part of it that ends at `.` or `-`
 * (`privacy.card` covers `privacy.card-number`, not `privacy.cardiology`).
 */
export function isCodePrefix(prefix: string, code: string): boolean {
  if (!code.startsWith(prefix)) return false;
  if (code.length === prefix.length || prefix.endsWith('.')) return true;
  const next = code[prefix.length];
  return next === '.' || next === '-';
}

/** Measured probability that a finding with this code is right, in basis points, by the longest prefix. */
export function findingConfidence(calibration: SeatCalibration, code: string): number | undefined {
  let longest = '';
  let confidenceBp: number | undefined;
  for (const [prefix, measuredBp] of Object.entries(calibration.findingConfidenceBp)) {
    if (!isCodePrefix(prefix, code) || prefix.length < longest.length) continue;
    longest = prefix;
    confidenceBp = measuredBp;
  }
  return confidenceBp;
}

/** Whether a finding with this code may veto: its measured precision is at least 0.95. */
export function mayVeto(calibration: SeatCalibration, code: string): boolean {
  return calibration.vetoCodes.some((prefix) => isCodePrefix(prefix, code));
}
