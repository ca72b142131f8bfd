/**
 * `bench inference`: texts a second and waiting of the pools of models, at 1, 8 and 64 requests in flight.
 *
 * Each case runs beside the same pool without batches (one text a run), turn by turn in the same process.
 */
import { poolSubjects, runLoad } from './pool-load.ts';
import type { LoadResult, PoolSubjects } from './pool-load.ts';
import { CASES } from './pool-cases.ts';
import type { CaseName, PoolCase } from './pool-cases.ts';
import { median, short } from '../report/figure.ts';
import { machineLine } from '../report/machine.ts';
import { printJson, progress } from '../report/row.ts';
import type { BenchOptions, Row } from '../report/row.ts';
import { printTable } from '../report/table.ts';

const IN_FLIGHT = [1, 8, 64] as const;
const FULL = { rounds: 5, durationMs: 1_500 };
const QUICK: typeof FULL = { rounds: 1, durationMs: 600 };

interface Figures {
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly batchRows: number;
}

/** Runs the cases that `names` lists, or all. @throws RangeError for an unknown case */
export async function benchInference({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const all = Object.keys(CASES) as CaseName[];
  const unknown = names.filter((name) => !all.includes(name as CaseName));
  if (unknown.length > 0) throw new RangeError(`no case ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  const wanted = all.filter((name) => names.length === 0 || names.includes(name));
  const rows: Row[] = [];
  for (const name of wanted) {
    const added = await caseRows(name, quick ? QUICK : FULL);
    rows.push(...added);
    if (json) for (const row of added) printJson(row);
  }
  progress('');
  if (!json) report(rows, markdown);
}

async function caseRows(name: CaseName, pace: typeof FULL): Promise<readonly Row[]> {
  const { model, texts, target }: PoolCase = CASES[name];
  const loaded = await model().catch((error: unknown) => String((error as Error).message));
  if (typeof loaded === 'string') return [absentRow(name, loaded)];
  await using subjects = await poolSubjects(loaded);
  const rows: Row[] = [];
  for (const inFlight of IN_FLIGHT) {
    progress(`${name}, ${inFlight} in flight`);
    const [alone, together] = await contest(subjects, { texts, inFlight, ...pace });
    const of = `${name}, ${inFlight} in flight`;
    rows.push(...figureRows(of, 'no batches', alone!));
    const peer = { name: 'no batches', of: alone!, target: inFlight > 1 ? target : undefined };
    rows.push(...figureRows(of, subjects.name, together!, peer));
  }
  return rows;
}

/** Median figures of both, rounds in turn. */
async function contest(
  { alone, together }: PoolSubjects,
  load: { texts: readonly string[]; inFlight: number; rounds: number; durationMs: number },
): Promise<readonly Figures[]> {
  const results: [LoadResult[], LoadResult[]] = [[], []];
  const { rounds, ...rest } = load;
  for (let round = 0; round < rounds; round += 1) {
    // Whoever begins meets the cold machine: each does in turn.
    for (const at of round % 2 === 0 ? [0, 1] : [1, 0])
      results[at]!.push(await runLoad(at === 0 ? alone : together, rest));
  }
  return results.map((list) => ({
    rate: median(list.map(({ rate }) => rate)),
    p50Ms: median(list.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(list.map(({ p99Ms }) => p99Ms)),
    batchRows: median(list.map(({ batchRows }) => batchRows)),
  }));
}

function figureRows(
  of: string,
  subject: string,
  figures: Figures,
  peer?: { readonly name: string; readonly of: Figures; readonly target: number | undefined },
): readonly Row[] {
  const { rate, p50Ms, p99Ms, batchRows } = figures;
  const row = { bench: 'inference', case: of, subject };
  const ratio = peer && rate / peer.of.rate;
  const aim = peer?.target;
  return [
    {
      ...row,
      metric: 'rate',
      value: rate,
      unit: 'texts/s',
      ...(peer && ratio !== undefined && { peer: peer.name, ratio }),
      ...(aim !== undefined && ratio !== undefined && { target: `≥ ${aim} ×`, isReached: ratio >= aim }),
    },
    { ...row, metric: 'p50', value: p50Ms, unit: 'ms' },
    { ...row, metric: 'p99', value: p99Ms, unit: 'ms' },
    { ...row, metric: 'texts a batch', value: batchRows, unit: 'count' },
  ];
}

function absentRow(name: string, note: string): Row {
  return {
    bench: 'inference',
    case: name,
    subject: 'pool',
    metric: 'rate',
    value: null,
    unit: 'texts/s',
    note,
  };
}

function report(rows: readonly Row[], markdown: boolean): void {
  process.stdout.write(`${machineLine()}\n\n`);
  const keys = [...new Set(rows.map((row) => `${row.case}|${row.subject}`))];
  const lines = keys.map((key) => {
    const own = rows.filter((row) => `${row.case}|${row.subject}` === key);
    const [rate] = own;
    const aim = rate!.target === undefined ? '' : `${rate!.target}${rate!.isReached ? '' : ' missed'}`;
    const values = own.map(({ value, note }) => (value === null ? (note ?? '') : short(value)));
    return [...key.split('|'), ...values, rate!.ratio === undefined ? '' : rate!.ratio.toFixed(2), aim];
  });
  printTable(['case', 'subject', 'texts/s', 'p50 ms', 'p99 ms', 'a batch', 'ratio', 'aim'], lines, markdown);
}
