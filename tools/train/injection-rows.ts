/** Whole texts on which the stacks of both injection detectors are fitted: short, long, and with an order buried. */
import { numbersFrom } from './material/expand.ts';
import { injectionSamples, plantedIn } from './injection-sources.ts';
import { every, spread } from './samples.ts';
import type { Sample } from './samples.ts';
import type { Sets } from './sets.ts';
import type { StackRow } from './stack-figures.ts';

const MOST_OF_SOURCE = 400;
/** Their harmless rows are hard or doubtful: a long text made of them is not plainly harmless. */
const HARD: readonly string[] = ['agt_smoke', 'tox_edos', 'tox_hatemoji'];
const LENGTHS = [800, 1_600, 4_000, 8_000] as const;
const LONG_OF_EACH = 30;

/** Rows of the detector of orders by users. */
export function injectionRows(sets: Sets): StackRow[] {
  const samples = injectionSamples(sets).filter(({ fold }) => fold >= 0);
  const rows: StackRow[] = [];
  for (const [key, list] of grouped(samples)) {
    const source = key.slice(2);
    const origin = source === 'bipia' ? 'retrieved' : 'user';
    for (const sample of spread(list, MOST_OF_SOURCE)) rows.push({ ...sample, origin });
  }
  return [...rows, ...longRows(samples, (sample) => sample.label === 1 && sample.text.length < 300, 'user')];
}

/** Rows of the detector of orders inside documents. */
export function indirectRows(sets: Sets, samples: readonly Sample[]): StackRow[] {
  const held = samples.filter(({ fold }) => fold >= 0);
  const harmless = held.filter(({ label }) => label === 0);
  const rows: StackRow[] = spread(harmless, 3_000).map((sample) => ({
    ...sample,
    origin: 'retrieved' as const,
  }));
  for (const { text, label } of sets.train('bipia'))
    rows.push({ text, label, source: 'bipia', fold: 3, origin: 'retrieved' });
  for (const { text, label } of sets.train('agt_smoke'))
    rows.push({ text, label, source: 'agt_smoke', fold: 2, origin: 'retrieved' });
  const documents = sets
    .train('cyberseceval_pi')
    .filter(({ kind, lang }) => kind === 'indirect' && lang === 'English');
  for (const { text } of documents)
    rows.push({ text, label: 1, source: 'cyberseceval_pi', fold: 0, origin: 'retrieved' });
  const orders = new Set(plantedIn(sets.train('bipia')));
  const isOrder = (sample: Sample): boolean =>
    sample.label === 1 && sample.text.length < 300 && (sample.source !== 'bipia' || orders.has(sample.text));
  return [...rows, ...longRows(held, isOrder, 'retrieved')];
}

/** Harmless texts of several lengths made of rows of one fold, and the same with one order inside. */
function longRows(
  samples: readonly Sample[],
  isOrder: (sample: Sample) => boolean,
  origin: 'user' | 'retrieved',
): StackRow[] {
  const next = numbersFrom(61);
  const rows: StackRow[] = [];
  const folds = [...new Set(samples.map(({ fold }) => fold))].filter((fold) => fold >= 0).sort();
  for (const fold of folds) {
    const harmless = samples.filter(
      (one) => one.fold === fold && one.label === 0 && !HARD.includes(one.source),
    );
    const orders = samples.filter((one) => one.fold === fold && isOrder(one));
    const bySource = [...grouped(harmless).values()];
    for (const length of LENGTHS) {
      for (let at = 0; at < LONG_OF_EACH; at += 1) {
        const pool = bySource[at % bySource.length]!;
        const parts: string[] = [];
        for (let size = 0; size < length; size += parts.at(-1)!.length + 1)
          parts.push(pool[Math.floor(next() * pool.length)]!.text);
        rows.push({ text: parts.join('\n'), label: 0, source: `long ${length}`, fold, origin });
        const order = orders[Math.floor(next() * orders.length)];
        if (order === undefined) continue;
        parts.splice(1 + Math.floor(next() * parts.length), 0, order.text);
        rows.push({ text: parts.join('\n'), label: 1, source: `buried ${length}`, fold, origin });
      }
    }
  }
  return rows;
}

/** Rows of detectors of language: as they stand. */
export function plainRows(samples: readonly Sample[], most: number): StackRow[] {
  const rows: StackRow[] = [];
  for (const list of grouped(samples.filter(({ fold }) => fold >= 0)).values())
    for (const sample of spread(list, most)) rows.push({ ...sample, origin: 'user' });
  const long = longRows(samples, (one) => one.label === 1 && one.text.length < 300, 'user');
  return [...rows, ...every(long, 1)];
}

function grouped(samples: readonly Sample[]): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = `${sample.label} ${sample.source}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return groups;
}
