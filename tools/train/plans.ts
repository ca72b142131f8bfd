/** Which material each text detector is trained on. */
import type { TextDetectorId } from '../../agents/inference/detectors/layers.ts';
import { indirectRows, injectionRows, plainRows } from './injection-rows.ts';
import { indirectSamples, injectionSamples } from './injection-sources.ts';
import type { Sets } from './sets.ts';
import { biasSamples, toxicitySamples } from './toxicity-sources.ts';
import type { TextPlan } from './train-text.ts';

/** Version that training writes. */
export const VERSION = '1.0.0';

/** Text detectors in the order in which they are trained. */
export const TEXT_DETECTORS: readonly TextDetectorId[] = [
  'injection',
  'indirect-injection',
  'toxicity',
  'bias',
];

const BALANCE = { power: 0.6, harmShare: 0.4 } as const;

/** Reads the material of one detector. */
export function planOf(id: TextDetectorId, sets: Sets): TextPlan {
  const form = {
    id,
    version: VERSION,
    balance: BALANCE,
    falseAlarms: 0.01,
    lengthShare: id === 'injection' ? 0.75 : 0.6,
  };
  switch (id) {
    case 'injection':
      return { ...form, samples: injectionSamples(sets), rows: injectionRows(sets), contrast: ['agt_smoke'] };
    case 'indirect-injection': {
      const samples = indirectSamples(sets);
      return { ...form, samples, rows: indirectRows(sets, samples), contrast: [] };
    }
    case 'toxicity': {
      const samples = toxicitySamples(sets);
      return { ...form, samples, rows: plainRows(samples, 400), contrast: ['tox_edos', 'tox_hatemoji'] };
    }
    case 'bias': {
      const samples = biasSamples(sets);
      const contrast = [...new Set(samples.map(({ source }) => source))].filter((one) =>
        one.startsWith('bias_'),
      );
      return { ...form, samples, rows: plainRows(samples, 400), contrast };
    }
  }
}
