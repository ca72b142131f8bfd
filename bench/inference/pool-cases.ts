/** What `bench inference` measures: a model and the texts that it is asked. */
import type { LoadedModel } from '../../agents/inference/model-runner.ts';
import { readShipped } from '../../agents/inference/registry/shipped-models.ts';
import { WitanError } from '../../contracts/errors.ts';
import { tinyModel } from './pool-tiny-model.ts';

/** One case. */
export interface PoolCase {
  /** @throws where this machine has not got it */
  readonly model: () => Promise<LoadedModel>;
  readonly texts: readonly string[];
  /** Least gain of batches when several requests are in flight; undefined: none is promised. */
  readonly target?: number;
}

const WORDS = (
  'the harbour keeps a record of each ship that leaves before noon and of who signed for its cargo while ' +
  'nobody asks what the old ledger says about storms or debts in a winter without trade'
).split(' ');
const ENCODER = 'encoder/use-lite';
const TEXT_COUNT = 64;

/** Cases by name. */
export const CASES = {
  'encoder, short': { model: () => shipped(ENCODER), texts: texts(() => 8), target: 1.4 },
  'encoder, long': { model: () => shipped(ENCODER), texts: texts(() => 110), target: 0.98 },
  // One long text among eight: what batches by length are for.
  'encoder, mixed': { model: () => shipped(ENCODER), texts: texts((at) => (at % 9 === 4 ? 110 : 8)) },
  'n-grams': { model: ngrams, texts: texts(() => 25) },
  'tiny ONNX': { model: async () => tinyModel('onnx'), texts: texts(() => 8), target: 1.8 },
  'tiny JavaScript': { model: async () => tinyModel('javascript'), texts: texts(() => 8) },
} as const satisfies Record<string, PoolCase>;

/** Name of a case. */
export type CaseName = keyof typeof CASES;

function texts(wordsAt: (at: number) => number): readonly string[] {
  return Array.from({ length: TEXT_COUNT }, (_, at) =>
    Array.from({ length: wordsAt(at) }, (_, word) => WORDS[(at * 7 + word * 5) % WORDS.length]).join(' '),
  );
}

/** The shipped n-grams for injections. */
function ngrams(): Promise<LoadedModel> {
  return readShipped('injection/ngram');
}

/** A model that is registered and was built here. */
async function shipped(id: string): Promise<LoadedModel> {
  const { openNodeModels } = await import('../../runtime/host/models/open-models.ts');
  const { SettingsSchema } = await import('../../config/schema.ts');
  const { SystemClock } = await import('../../runtime/kernel/index.ts');
  const settings = SettingsSchema.parse({});
  const registry = await openNodeModels({ settings, dataDir: null, clock: new SystemClock() });
  const [fault] = registry.faults.filter((one) => one.id === id);
  if (fault) throw new WitanError(fault.code, fault.message);
  return registry.lookup(id);
}
