/** What opens models of each kind; a thread loads the code of its own kind only. */
import type { OpenRunner } from '../../../agents/inference/model-runner.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { ModelRunnerKind } from '../../../contracts/messages/models/manifest.ts';

type Loaders = Readonly<Partial<Record<ModelRunnerKind, () => Promise<OpenRunner>>>>;

const LOADERS: Loaders = {
  'sentence-encoder': async () =>
    (await import('../../../agents/inference/encoder/sentence-encoder.ts')).openSentenceEncoder,
  'linear-ngram': async () => (await import('../../../agents/inference/ngram/runner.ts')).openNgram,
};

/** Loads the opener of a kind. @throws not_supported for a kind that no pool runs */
export async function findOpener(kind: ModelRunnerKind): Promise<OpenRunner> {
  const load = LOADERS[kind];
  if (!load) throw new WitanError('not_supported', `no pool runs models of the kind ${kind}`);
  return load();
}
