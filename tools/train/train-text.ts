/** Trains one text detector: models without each fold, the stack over what they say, then the model of all. */
import { readText, TEXT_SIGNALS, TEXT_SIGNS } from '../../agents/inference/detectors/layers.ts';
import type { TextDetectorId } from '../../agents/inference/detectors/layers.ts';
import { stackScore } from '../../agents/inference/detectors/stack.ts';
import { quantise } from '../../agents/inference/ngram/artefact.ts';
import { DEFAULT_FORM } from '../../agents/inference/ngram/hashing.ts';
import { NgramModel } from '../../agents/inference/ngram/model.ts';
import type { NgramParts } from '../../agents/inference/ngram/model.ts';
import { aucOf, eceOf, quantileOf } from './figures.ts';
import { fitNgram, hashSamples } from './fit-ngram.ts';
import type { Balance, HashedSamples } from './fit-ngram.ts';
import { fitDense } from './logistic.ts';
import type { Sample } from './samples.ts';
import { balanced, heldOutFigures, rightShares, rounded, thresholdsOf } from './stack-figures.ts';
import type { StackRow } from './stack-figures.ts';
import type { TrainedDetector } from './trained.ts';

/** What is to be trained. */
export interface TextPlan {
  readonly id: TextDetectorId;
  readonly version: string;
  readonly samples: readonly Sample[];
  readonly rows: readonly StackRow[];
  readonly balance: Balance;
  /**
   * Share of the measured rise with length that is taken back. Texts that were put together vary more along
   * their length than one that a person wrote; chosen on sources that were held out.
   */
  readonly lengthShare: number;
  /** Sources whose harmless rows were collected to be hard: they teach, but set no threshold. */
  readonly contrast: readonly string[];
  /** False alarms that a threshold admits, as the mean over sources. */
  readonly falseAlarms: number;
}

const FIT = { l2: 1e-6, rounds: 5, rate: 0.5, floor: 1, form: DEFAULT_FORM } as const;

/** Trains; `progress` is told the share that is done. */
export function trainText(plan: TextPlan, progress: (share: number) => void): TrainedDetector {
  const hashed = hashSamples(plan.samples, FIT.form);
  const folds = [...new Set(plan.samples.map(({ fold }) => fold))].filter((fold) => fold >= 0).sort();
  const signals: (readonly number[])[] = plan.rows.map(() => []);
  folds.forEach((fold, at) => {
    const model = new NgramModel(partsOf(hashed, plan.balance, fold));
    plan.rows.forEach((row, index) => {
      if (row.fold === fold) signals[index] = readText(plan.id, model, row.text, row.origin).signals;
    });
    progress((at + 1) / (folds.length + 1));
  });
  const broken = signals.findIndex(
    (row) => row.length !== TEXT_SIGNALS.length || !row.every(Number.isFinite),
  );
  if (broken >= 0)
    throw new Error(`row ${broken} of ${plan.rows[broken]!.source} has signals ${signals[broken]!.join()}`);
  const stackWeights = flattened(plan, signals, fitStack(plan.rows, signals));
  const scores = signals.map((row) => stackScore(stackWeights, row));
  const thresholds = thresholdsOf(plan.rows, scores, plan);
  const best = TEXT_SIGNALS.indexOf('ngram-best');
  const [slope = 1, offset = 0] = fitDense(
    signals.map((row) => [row[best]!, 1]),
    plan.rows.map(({ label }) => label),
    { l2: 1e-3, weights: balanced(plan.rows), signs: [1, 0] },
  );
  const parts = { ...partsOf(hashed, plan.balance), slope, offset };
  progress(1);
  const labels = plan.rows.map(({ label }) => label);
  return {
    id: plan.id,
    parts,
    stack: {
      format: 'witan-detector/1',
      id: plan.id,
      version: plan.version,
      signals: [...TEXT_SIGNALS],
      weights: stackWeights,
      thresholds,
      rightShare: rightShares(plan.rows, scores, thresholds),
    },
    heldOut: heldOutFigures(plan.rows, scores, thresholds),
    auc: aucOf(scores, labels),
    ece: eceOf(scores, labels),
  };
}

function partsOf(hashed: HashedSamples, balance: Balance, without?: number): NgramParts {
  const { weights, constant } = fitNgram(hashed, {
    ...FIT,
    balance,
    ...(without === undefined ? {} : { without }),
  });
  return { form: FIT.form, constant: Math.fround(constant), slope: 1, offset: 0, ...quantise(weights) };
}

const WINDOWS = TEXT_SIGNALS.indexOf('windows');

/** The stack without the signal of length: what is long is not harmful for that. */
function fitStack(rows: readonly StackRow[], signals: readonly (readonly number[])[]): number[] {
  return fitDense(
    signals.map((row) => [...row.with(WINDOWS, 0), 1]),
    rows.map(({ label }) => label),
    { l2: 1e-3, weights: balanced(rows), signs: TEXT_SIGNS },
  ).map(rounded);
}

/**
 * Sets the weight of length so that the highest of many windows is no higher than that of one: the upper
 * quantile of the log-odds of harmless texts, made of rows of one source each, is the same at each length.
 */
function flattened(
  { rows, lengthShare }: TextPlan,
  signals: readonly (readonly number[])[],
  weights: readonly number[],
): number[] {
  const points: [x: number, y: number][] = [];
  for (const source of new Set(rows.map((row) => row.source))) {
    const own = rows.flatMap((row, at) => (row.source === source && isLong(row) ? [at] : []));
    if (own.length < 20) continue;
    const odds = own.map((at) =>
      signals[at]!.reduce((sum, one, i) => sum + one * weights[i]!, weights.at(-1)!),
    );
    const length = own.reduce((sum, at) => sum - signals[at]![WINDOWS]!, 0) / own.length;
    points.push([length, quantileOf(odds, 0.95)]);
  }
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, one) => sum + one, 0) / values.length;
  const x = mean(points.map((one) => one[0]));
  const y = mean(points.map((one) => one[1]));
  const across = points.reduce((sum, one) => sum + (one[0] - x) * (one[1] - y), 0);
  const spreadOf = points.reduce((sum, one) => sum + (one[0] - x) ** 2, 0);
  return weights.map((one, at) =>
    at === WINDOWS && spreadOf > 0 ? rounded(Math.max(0, (lengthShare * across) / spreadOf)) : one,
  );
}

function isLong(row: StackRow): boolean {
  return row.label === 0 && row.source.startsWith('long ');
}
