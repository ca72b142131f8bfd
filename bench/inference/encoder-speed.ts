/** Texts a second of the sentence encoder beside its published TensorFlow.js form, turn by turn in one process. */
import type { ModelRunner } from '../../agents/inference/model-runner.ts';
import { median } from '../report/figure.ts';
import type { Row } from '../report/row.ts';
import { loadOriginal, type OriginalEncoder } from './original-encoder.ts';

/** Ours has to be this many times as fast. */
const TARGET_RATIO = 5;

const WORDS =
  'the harbour keeps a record of each ship that leaves before noon and of who signed for its cargo'.split(
    ' ',
  );

/** Words in a text, by the name of the case. */
const LENGTHS = { short: 6, medium: 25, long: 110 } as const;
const BATCH_SIZES = [1, 8] as const;

/** What is measured: the runner itself, or what stands before it. */
export type Encoder = Pick<ModelRunner, 'run' | 'provider'>;

/**
 * Measures both on the same texts; one row a case, `ratio` over the original.
 *
 * Rounds alternate, so that what else the machine does meets both; a figure is the median of its rounds.
 *
 * @param quick fewer rounds: some 10 s instead of 40
 * @throws what an encoder throws; where the original is not installed, its import error
 */
export async function measureEncoderSpeed(
  ours: Encoder,
  { quick }: { readonly quick: boolean },
): Promise<readonly Row[]> {
  const original = await loadOriginal();
  const rows: Row[] = [];
  for (const [length, words] of Object.entries(LENGTHS)) {
    for (const size of BATCH_SIZES) {
      const rates = await contest({ ours, original, texts: textsOf(words, size), rounds: quick ? 3 : 9 });
      rows.push(rowOf(`encoder, ${length}, batch ${size}`, { ours, original, rates }));
    }
  }
  return rows;
}

interface Contest {
  readonly ours: Encoder;
  readonly original: OriginalEncoder;
  readonly texts: readonly string[];
  readonly rounds: number;
}

/** Median texts a second of both. */
async function contest({ ours, original, texts, rounds }: Contest): Promise<readonly [number, number]> {
  const lanes = [() => ours.run(texts), () => original.embed(texts)];
  const rates: [number[], number[]] = [[], []];
  for (const lane of lanes) await lane();
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, lane] of lanes.entries()) {
      const start = performance.now();
      await lane();
      rates[at]!.push((texts.length * 1000) / (performance.now() - start));
    }
  }
  return [median(rates[0]), median(rates[1])];
}

function rowOf(
  name: string,
  {
    ours,
    original,
    rates: [rate, peerRate],
  }: Omit<Contest, 'texts' | 'rounds'> & { rates: readonly [number, number] },
): Row {
  return {
    bench: 'inference',
    case: name,
    subject: `witan, onnxruntime (${ours.provider}, 1 thread)`,
    metric: 'rate',
    value: rate,
    unit: 'texts/s',
    peer: `@energetic-ai/embeddings, TensorFlow.js (${original.backend})`,
    ratio: rate / peerRate,
    target: `≥ ${TARGET_RATIO} times the peer`,
    isReached: rate / peerRate >= TARGET_RATIO,
  };
}

/** Texts of so many words, each beginning elsewhere. */
function textsOf(words: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, text) =>
    Array.from({ length: words }, (__, at) => WORDS[(text * 5 + at) % WORDS.length]).join(' '),
  );
}
