/** Fits the weights by which claims are compared, on the fit half of the labelled claims. */
import { CLAIM_SIGNALS, claimSignals } from '../../agents/kit/detect/claims/compare.ts';
import { claimFeatures } from '../../agents/kit/detect/claims/features.ts';
import { halfOf, readRows } from './labelled-rows.ts';

/** Sets of claims with evidence. */
export const CLAIM_SETS = ['hal_dialfact', 'hal_begin', 'hal_faithdial_audit'] as const;

const ROUNDS = 20_000;
const STEP = 0.5;
const RIDGE = 0.001;

/** Logistic regression by full gradient descent; every set weighs the same. Deterministic. */
export function fitClaimWeights(directory: string): readonly number[] {
  const rows: { signals: readonly number[]; label: number; weight: number }[] = [];
  for (const set of CLAIM_SETS) {
    const fit = (readRows(directory, set) ?? []).filter(
      (row) => row.ctx !== undefined && halfOf(row) === 'fit',
    );
    for (const row of fit) {
      const signals = claimSignals(claimFeatures(row.text), claimFeatures(row.ctx ?? ''));
      rows.push({ signals, label: row.label, weight: 1 / fit.length / CLAIM_SETS.length });
    }
  }
  const weights: number[] = CLAIM_SIGNALS.map(() => 0);
  for (let round = 0; round < ROUNDS; round += 1) {
    const slope = weights.map((weight) => RIDGE * weight);
    for (const { signals, label, weight } of rows) {
      let sum = 0;
      for (let index = 0; index < signals.length; index += 1)
        sum += (signals[index] ?? 0) * (weights[index] ?? 0);
      const error = (1 / (1 + Math.exp(-sum)) - label) * weight;
      for (let index = 0; index < signals.length; index += 1)
        slope[index] = (slope[index] ?? 0) + error * (signals[index] ?? 0);
    }
    for (let index = 0; index < weights.length; index += 1) {
      weights[index] = (weights[index] ?? 0) - STEP * (slope[index] ?? 0);
    }
  }
  return weights.map((weight) => Math.round(weight * 100) / 100);
}
