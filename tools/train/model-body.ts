/** The body of a model's manifest: what it is, what it read, what was measured. Signing is the registry's. */
import { createHash } from 'node:crypto';
import { ModelManifestBody } from '../../contracts/messages/models/manifest.ts';
import type { ModelFigure } from '../../contracts/messages/models/manifest.ts';
import { wilson } from '../../bench/detectors/interval.ts';
import type { Sets } from './sets.ts';
import type { TrainedDetector } from './trained.ts';

const TITLES: Readonly<Record<TrainedDetector['id'], string>> = {
  injection: 'Orders against the instructions of an assistant, in what a user writes',
  'indirect-injection': 'Orders to an assistant inside documents and tool output',
  toxicity: 'Insults, threats and hate',
  bias: 'Statements that put a group of people down',
  crisis: 'Talk of suicide, self-injury, despair and abuse',
  pii: 'Personal data',
  grounding: 'Claims that the given evidence does not carry',
};

const LIMITS: Readonly<Partial<Record<TrainedDetector['id'], readonly string[]>>> = {
  injection: [
    'English first: other languages are left to the rules.',
    'A harmful request without an order is not one.',
  ],
  'indirect-injection': [
    'Takes any request inside a document for an order; a document of questions raises alarms.',
  ],
  toxicity: ['Trained on tweets and forum posts in English; sarcasm and veiled hate are missed.'],
  bias: ['Judges wording, not facts; stereotypes without a negative word are missed.'],
  crisis: ['Finds, never grades. Not a clinical instrument.'],
  grounding: ['Compares words, numbers and names; it does not understand either text.'],
};

/** Names of the catalogue; what is shipped under them is another model, as its card says. */
const ALIASES: Readonly<Partial<Record<TrainedDetector['id'], readonly string[]>>> = {
  toxicity: ['anansi/toxicity-classifier-v1'],
};

/** Body of `model.json`. */
export function bodyOf(
  trained: TrainedDetector,
  files: ReadonlyMap<string, Uint8Array>,
  sets: Sets,
): ModelManifestBody {
  return ModelManifestBody.parse({
    format: 'witan-model/1',
    id: `${trained.id}/${trained.parts === undefined ? 'signals' : 'ngram'}`,
    version: trained.stack.version,
    aliases: [...(ALIASES[trained.id] ?? [])],
    runner: trained.parts === undefined ? 'signal-stack' : 'linear-ngram',
    title: TITLES[trained.id],
    output: { width: 1, meaning: 'probability of harm, 0 to 1' },
    files: [...files].map(([path, bytes]) => ({
      path,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    license: {
      weights: 'Apache-2.0',
      trainingData: [...sets.read, 'sentences written for training (tools/train)'],
    },
    made: { by: `npm run train -- --only ${trained.id}`, dataDigest: `sha256:${sets.digest()}` },
    measured: figuresOf(trained),
    claimed: [],
    limits: [...(LIMITS[trained.id] ?? [])],
  });
}

function figuresOf({ heldOut, auc, ece }: TrainedDetector): ModelFigure[] {
  const whole = (metric: string, value: number): ModelFigure => ({
    metric,
    value: rounded(value),
    unit: 'share',
    source: 'all visible rows, each source judged by a model that never saw it',
  });
  const figures = [whole('auc', auc), whole('ece', ece)];
  for (const { source, label, n, flagged } of heldOut) {
    const { low, high } = wilson(flagged, n);
    figures.push({
      metric: label === 1 ? 'recall' : 'false-alarm',
      value: rounded(flagged / n),
      unit: 'share',
      low: rounded(low),
      high: rounded(high),
      n,
      source: `${source}, held out`,
    });
  }
  return figures;
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
