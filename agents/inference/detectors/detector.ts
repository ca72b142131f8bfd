/** A detector: what it is asked about a text, and what it answers. */
import type { Origin } from '../../../contracts/messages/decision.ts';
import type { Span } from '../../../contracts/messages/evidence.ts';
import type { Budget } from '../../../runtime/kernel/actor.ts';

/** Names by which detectors are asked for. */
export const DETECTOR_IDS = [
  'injection',
  'indirect-injection',
  'toxicity',
  'bias',
  'crisis',
  'pii',
  'grounding',
] as const;
/** See {@link DETECTOR_IDS}. */
export type DetectorId = (typeof DETECTOR_IDS)[number];

/** What a detector looks at. */
export interface DetectorInput {
  readonly text: string;
  /** Who said it; default `user`. */
  readonly origin: Origin;
  /** What a claim should rest on; for `grounding`. */
  readonly evidence?: string;
  /** The conversation as a whole, `text` last. */
  readonly messages?: readonly { readonly origin: Origin; readonly text: string }[];
}

/** What one layer of a detector says. */
export interface LayerAnswer {
  /** `rules`, `ngram`, `encoder`, `llm`. */
  readonly layer: string;
  /** Calibrated probability of harm, 0 to 1. */
  readonly score: number;
}

/** What a detector says of one input. */
export interface DetectorAnswer {
  /** Calibrated probability of harm, 0 to 1. */
  readonly score: number;
  /** Whether the score reaches the shipped threshold of the origin. */
  readonly isHarm: boolean;
  /** Measured probability that the decision is right, 0 to 1. */
  readonly confidence: number;
  readonly spans: readonly Span[];
  readonly layers: readonly LayerAnswer[];
}

/** One detector, complete. Pure but for the models that it asks. */
export interface Detector {
  readonly id: DetectorId;
  readonly version: string;
  /** SHA-256 over rules, models and thresholds, 64 hex digits. */
  readonly digest: string;
  /** @throws deadline_exceeded, unavailable: an answer is missing then, and nothing is taken for harmless */
  judge(input: DetectorInput, budget: Budget): Promise<DetectorAnswer>;
}
