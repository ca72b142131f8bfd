/** Runs a `linear-ngram` model in plain JavaScript: one probability for each text. */
import { WitanError } from '../../../contracts/errors.ts';
import { foldText } from '../../kit/text/index.ts';
import type { LoadedModel, ModelRunner, OpenRunner } from '../model-runner.ts';
import { decodeNgram, NGRAM_FILE } from './artefact.ts';
import { NgramModel } from './model.ts';
import { windowsOf } from './windows.ts';

/** Longest text, UTF-16 units. */
const TEXT_LIMIT = 400_000;

/** Opens `ngram.bin` of a model. @throws data_missing, bad_encoding */
export const openNgram: OpenRunner = async (model: LoadedModel): Promise<ModelRunner> => {
  const bytes = model.files.get(NGRAM_FILE);
  if (bytes === undefined) {
    throw new WitanError('data_missing', `${model.ref} has no ${NGRAM_FILE}`, { path: NGRAM_FILE });
  }
  const ngram = new NgramModel(decodeNgram(bytes));
  return {
    width: 1,
    provider: 'javascript',
    passedOver: [],
    costOf: (text) => text.length,
    run: async (texts) => texts.map((text) => Float32Array.of(probabilityOf(ngram, text))),
    close: async () => undefined,
  };
};

/** Probability of the folded text's most harmful window. */
function probabilityOf(model: NgramModel, text: string): number {
  if (text.length > TEXT_LIMIT) {
    throw new WitanError('too_large', `a text has ${text.length} units, at most ${TEXT_LIMIT}`);
  }
  const folded = foldText(text).text;
  let best = Number.NEGATIVE_INFINITY;
  for (const [start, end] of windowsOf(folded)) best = Math.max(best, model.logit(folded, start, end));
  return model.probability(best);
}
