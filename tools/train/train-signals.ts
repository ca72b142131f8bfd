/** Fits the stacks of detectors without n-grams, each source held out in turn where there are several. */
import { SIGNAL_FORMS } from '../../agents/inference/detectors/signal-detector.ts';
import type { SignalDetectorId } from '../../agents/inference/detectors/signal-detector.ts';
import { stackScore } from '../../agents/inference/detectors/stack.ts';
import { aucOf, eceOf } from './figures.ts';
import { fitDense } from './logistic.ts';
import { expand } from './material/expand.ts';
import { CRISIS, NO_CRISIS } from './material/sentences.ts';
import { every, spread } from './samples.ts';
import type { Sample } from './samples.ts';
import type { Sets } from './sets.ts';
import { balanced, heldOutFigures, rightShares, thresholdsOf } from './stack-figures.ts';
import type { StackRow } from './stack-figures.ts';
import type { TrainedDetector } from './trained.ts';

/** A row with the evidence that its text should rest on. */
export interface SignalRow extends StackRow {
  readonly evidence?: string;
}

/** What is held out together, what a threshold admits, and which signals speak for harm alone. */
const PLANS: Readonly<Record<SignalDetectorId, { falseAlarms: number; signs: readonly number[] }>> = {
  crisis: { falseAlarms: 0.01, signs: [1, 0] },
  pii: { falseAlarms: 0.01, signs: [1, 1, 0] },
  grounding: { falseAlarms: 0.1, signs: [1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0] },
};

/** Rows of each detector; sets that are marked for training only. */
export function signalRows(id: SignalDetectorId, sets: Sets): SignalRow[] {
  if (id === 'grounding') {
    return ['hal_begin', 'hal_dialfact', 'hal_faithdial_audit'].flatMap((source, fold) =>
      sets.train(source).map(({ text, label, ctx = '' }) => ({
        text,
        label,
        source,
        fold,
        evidence: ctx,
        origin: 'assistant' as const,
      })),
    );
  }
  const rows: SignalRow[] = [];
  const add = (source: string, label: 0 | 1, texts: readonly string[]): void => {
    for (const text of texts) rows.push({ text, label, source, fold: rows.length % 4, origin: 'user' });
  };
  add(
    'benign_clinc',
    0,
    spread(sets.train('benign_clinc'), 1_000).map(({ text }) => text),
  );
  add(
    'mitre_frr',
    0,
    every(sets.train('mitre_frr'), 2).map(({ text }) => text),
  );
  if (id === 'crisis') {
    add(
      'hal_halueval_general',
      0,
      every(sets.train('hal_halueval_general'), 4).map(({ msg = '' }) => msg),
    );
    add(
      'tox_hatemoji',
      0,
      every(sets.train('tox_hatemoji'), 6).map(({ text }) => text),
    );
    add('own', 0, expand(NO_CRISIS, {}, NO_CRISIS.length, 71));
    add('own', 1, expand(CRISIS, {}, CRISIS.length, 72));
  } else {
    for (const { text, label } of sets.train('pii_presidio')) add('pii_presidio', label, [text]);
  }
  return rows;
}

/** Fits the stack of one detector. */
export function trainSignals(id: SignalDetectorId, version: string, sets: Sets): TrainedDetector {
  const rows = signalRows(id, sets);
  const form = SIGNAL_FORMS[id];
  const signals = rows.map((row) => form.read(row).signals);
  const fit = (used: readonly number[]): number[] =>
    fitDense(
      used.map((at) => [...signals[at]!, 1]),
      used.map((at) => rows[at]!.label),
      { l2: 1e-3, weights: balanced(used.map((at) => rows[at]!)), signs: PLANS[id].signs },
    ).map((value) => Math.round(value * 1e6) / 1e6);
  const all = rows.map((_, at) => at);
  const scores = rows.map(() => 0);
  for (const fold of new Set(rows.map((row) => row.fold))) {
    const weights = fit(all.filter((at) => rows[at]!.fold !== fold));
    for (const at of all) if (rows[at]!.fold === fold) scores[at] = stackScore(weights, signals[at]!);
  }
  const thresholds = thresholdsOf(rows, scores, { falseAlarms: PLANS[id].falseAlarms, contrast: ['own'] });
  const labels = rows.map((row: Sample) => row.label);
  return {
    id,
    stack: {
      format: 'witan-detector/1',
      id,
      version,
      signals: [...form.names],
      weights: fit(all),
      thresholds,
      rightShare: rightShares(rows, scores, thresholds),
    },
    heldOut: heldOutFigures(rows, scores, thresholds),
    auc: aucOf(scores, labels),
    ece: eceOf(scores, labels),
  };
}
