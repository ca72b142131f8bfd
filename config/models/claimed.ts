/**
 * What the catalogue of requirements claims of the models that it names: claims, which nobody here measured.
 *
 * None of those models is shipped. What is shipped in their place has its own figures; a card shows these
 * beside them, so that a reader can tell what was promised from what is there.
 */
import type { ClaimedFigure } from '../../contracts/messages/models/card.ts';

interface Claim {
  /** First part of the ids of models that stand in for it. */
  readonly task: string;
  readonly claimedOf: string;
  /** Row of the catalogue. */
  readonly source: string;
  readonly figures: readonly (readonly [metric: string, value: number, unit: string])[];
}

const CLAIMS: readonly Claim[] = [
  {
    task: 'toxicity',
    claimedOf: 'anansi/toxicity-classifier-v1 (distilbert-base-uncased, fine-tuned)',
    source: 'catalogue, EVA-04',
    figures: [
      ['accuracy', 0.943, ''],
      ['precision', 0.921, ''],
      ['recall', 0.907, ''],
      ['f1', 0.914, ''],
      ['latency-gpu', 45, 'ms'],
      ['latency-cpu', 180, 'ms'],
      ['size', 268, 'MB'],
    ],
  },
  {
    task: 'bias',
    claimedOf: 'the bias detector (roberta-large, fine-tuned)',
    source: 'catalogue, EVA-06',
    figures: [
      ['accuracy', 0.897, ''],
      ['f1-macro', 0.891, ''],
      ['latency-gpu', 120, 'ms'],
      ['size', 1_400, 'MB'],
    ],
  },
  {
    task: 'grounding',
    claimedOf: 'the hallucination detector (all-MiniLM-L6-v2, flan-t5-large, retrieval)',
    source: 'catalogue, EVA-08',
    figures: [
      ['accuracy', 0.912, ''],
      ['precision', 0.934, ''],
      ['latency', 300, 'ms'],
    ],
  },
  {
    task: 'injection',
    claimedOf: 'the jailbreak detector (gpt2-medium, fine-tuned)',
    source: 'catalogue, EVA-10',
    figures: [
      ['precision', 0.967, ''],
      ['recall', 0.854, ''],
      ['f1', 0.907, ''],
      ['latency', 60, 'ms'],
      ['size', 645, 'MB'],
    ],
  },
];

/** Claims of the models that a model of this id stands in for (EVA-04, 06, 08, 10); none for the others. */
export function catalogueClaims(modelId: string): readonly ClaimedFigure[] {
  const [task] = modelId.split('/', 1);
  return CLAIMS.filter((claim) => claim.task === task).flatMap(({ figures, claimedOf, source }) =>
    figures.map(([metric, value, unit]) => ({ metric, value, unit, source, claimedOf })),
  );
}
