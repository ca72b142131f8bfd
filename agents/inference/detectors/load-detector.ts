/** The way to a detector for who has no node: loaded when it is asked for, and judged within a time limit. */
import { createBudget } from '../../../runtime/kernel/budget.ts';
import { SystemClock } from '../../../runtime/kernel/system-clock.ts';
import type { Detector, DetectorAnswer, DetectorId, DetectorInput } from './detector.ts';

/** A detector that is asked directly. */
export interface LoadedDetector {
  readonly detector: Detector;
  /** Judges one input within `limitMs`. @throws deadline_exceeded, too_large */
  judge(input: DetectorInput, limitMs: number): Promise<DetectorAnswer>;
}

/**
 * Loads a shipped detector; about 100 ms for the first.
 * @throws verification_failed, bad_encoding
 * @example const { judge } = await loadDetector('injection');
 */
export async function loadDetector(id: DetectorId): Promise<LoadedDetector> {
  const { openDetector } = await import('./open-detectors.ts');
  const detector = await openDetector(id);
  const clock = new SystemClock();
  return {
    detector,
    judge: async (input, limitMs) => {
      const budget = createBudget(clock, limitMs);
      try {
        return await detector.judge(input, budget);
      } finally {
        budget.release();
      }
    },
  };
}
