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
/** A turn lasts at least this long: what else the machine does evens out. */
const TURN_MS = 100;
const BATCH_SIZES = [1, 8, 32] as const;

/** What is measured: the runner itself, or what stands before it. */
export type Encoder = Pick<ModelRunner, 'run' | 'provider'>;

/**
 * Measures both on the same texts; one row a case, `ratio` over the original.
 *
 * Turns alternate, so that what else the machine does meets both; a figure is the median of its rounds.
 *
 * @param quick fewer rounds: some 15 s instead of 50
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
      rows.push(rowOf(`encoder, ${length}, batch ${size}`, { ours, original, ...rates }));
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

interface Rates {
  /** Texts a second of ours, median of the rounds. */
  readonly rate: number;
  /** Median of the ratios within a round: both turns of a round met the same machine. */
  readonly ratio: number;
  /** The same in processor time, which others on the machine take nothing of. */
  readonly processorRatio: number;
}

async function contest({ ours, original, texts, rounds }: Contest): Promise<Rates> {
  const lanes = [() => ours.run(texts), () => original.embed(texts)] as const;
  for (const lane of lanes) await lane();
  const turns: { readonly our: Turn; readonly their: Turn }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    turns.push({ our: await turnOf(lanes[0]), their: await turnOf(lanes[1]) });
  }
  return {
    rate: median(turns.map(({ our }) => (texts.length * 1000) / our.wallMs)),
    ratio: median(turns.map(({ our, their }) => their.wallMs / our.wallMs)),
    processorRatio: median(turns.map(({ our, their }) => their.processorMs / our.processorMs)),
  };
}

/** Time of one call. */
interface Turn {
  readonly wallMs: number;
  /** All threads of the process. */
  readonly processorMs: number;
}

/** Mean over as many calls as fill the least time of a turn. */
async function turnOf(call: () => Promise<unknown>): Promise<Turn> {
  const start = performance.now();
  const before = process.cpuUsage();
  let calls = 0;
  let elapsedMs = 0;
  while (elapsedMs < TURN_MS) {
    await call();
    calls += 1;
    elapsedMs = performance.now() - start;
  }
  const { user, system } = process.cpuUsage(before);
  return { wallMs: elapsedMs / calls, processorMs: (user + system) / 1000 / calls };
}

function rowOf(
  name: string,
  { ours, original, rate, ratio, processorRatio }: Pick<Contest, 'ours' | 'original'> & Rates,
): Row {
  return {
    bench: 'inference',
    case: name,
    subject: `witan, onnxruntime (${ours.provider}, 1 thread)`,
    metric: 'rate',
    value: rate,
    unit: 'texts/s',
    peer: `@energetic-ai/embeddings, TensorFlow.js (${original.backend})`,
    ratio,
    target: `≥ ${TARGET_RATIO} times the peer`,
    isReached: ratio >= TARGET_RATIO,
    note: `${processorRatio.toFixed(1)} times in processor time`,
  };
}

/** Texts of so many words, each beginning elsewhere. */
function textsOf(words: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, text) =>
    Array.from({ length: words }, (__, at) => WORDS[(text * 5 + at) % WORDS.length]).join(' '),
  );
}
