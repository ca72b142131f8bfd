/** What training gives: files to ship and figures of what was held out. */
import type { DetectorId } from '../../agents/inference/detectors/detector.ts';
import type { Stack } from '../../agents/inference/detectors/stack.ts';
import type { NgramParts } from '../../agents/inference/ngram/model.ts';

/** A trained detector and how it did on what was held out. */
export interface TrainedDetector {
  readonly id: DetectorId;
  readonly parts?: NgramParts;
  readonly stack: Stack;
  readonly heldOut: readonly HeldOutFigure[];
  readonly auc: number;
  readonly ece: number;
}

/** One source, judged by a model that never saw it. */
export interface HeldOutFigure {
  readonly source: string;
  readonly label: 0 | 1;
  readonly n: number;
  /** Rows from the threshold of their origin upward. */
  readonly flagged: number;
  /** Against the rows of the other label in its fold; NaN where there are none. */
  readonly auc: number;
}
