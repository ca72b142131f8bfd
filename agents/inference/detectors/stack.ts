/** Weighs the layers of a detector: a logistic over a few numbers, trained on sources that were held out. */
import { z } from 'zod';
import { Origin } from '../../../contracts/messages/decision.ts';
import { WitanError } from '../../../contracts/errors.ts';

/** Name of the file in a detector's folder. */
export const STACK_FILE = 'stack.json';

/** Weights and limits of one detector, as they are shipped. */
export const Stack = z.strictObject({
  format: z.literal('witan-detector/1'),
  id: z.string().max(80),
  version: z.string().max(40),
  /** Names of the numbers that are weighed, in their order. */
  signals: z.array(z.string().max(40)).min(1).max(40),
  /** One weight for each signal, then the constant. */
  weights: z.array(z.number()).min(2).max(41),
  /** Score from which an input counts as harmful, by who said it. */
  thresholds: z.record(Origin, z.number().min(0).max(1)),
  /** Measured share of right decisions among those of a bin: ten bins of the score, `null` where none fell. */
  rightShare: z.array(z.number().min(0).max(1).nullable()).length(10),
});
/** See {@link Stack}. */
export type Stack = z.infer<typeof Stack>;

/** Reads `stack.json`. @throws bad_encoding where it does not fit the signals that the program gives */
export function parseStack(text: string, signals: readonly string[]): Stack {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new WitanError('bad_encoding', `${STACK_FILE} is not JSON`, {}, cause);
  }
  const parsed = Stack.safeParse(raw);
  if (!parsed.success) throw new WitanError('bad_encoding', `${STACK_FILE}: ${parsed.error.message}`);
  const stack = parsed.data;
  if (stack.signals.join() !== signals.join() || stack.weights.length !== signals.length + 1) {
    throw new WitanError('bad_encoding', `${STACK_FILE} of ${stack.id} was trained for other signals`);
  }
  return stack;
}

/** Calibrated probability of harm. */
export function stackScore(weights: readonly number[], signals: readonly number[]): number {
  let sum = weights[signals.length]!;
  for (let at = 0; at < signals.length; at += 1) sum += weights[at]! * signals[at]!;
  return 1 / (1 + Math.exp(-sum));
}

/** Measured probability that the decision at this score is right; the score itself where nothing was measured. */
export function confidenceOf(stack: Stack, score: number, isHarm: boolean): number {
  return stack.rightShare[Math.min(9, Math.floor(score * 10))] ?? (isHarm ? score : 1 - score);
}

/** Log-odds of a probability within bounds; the lower bound for none. */
export function logOdds(probability: number, low: number, high: number): number {
  if (probability <= 0) return low;
  return clip(Math.log(probability / Math.max(1e-9, 1 - probability)), low, high);
}

/** The value, or the bound that it passes. */
export function clip(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
