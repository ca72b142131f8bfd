/** `bench doors`: what a door costs beside a bare handler of its framework, and whom it lets disturb whom. */
import { startBenchNode } from './doors/bench-node.ts';
import { coldTokenRows, evaluateRows } from './doors/call-rows.ts';
import { healthRows } from './doors/health-case.ts';
import { isolationRows } from './doors/isolation.ts';
import { LoadProcess } from './doors/load-process.ts';
import { viewerRows } from './doors/viewers.ts';
import { short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

const CASES = ['health', 'cold-token', 'evaluate', 'isolation', 'viewers'] as const;
type CaseName = (typeof CASES)[number];

/** Cases that `--quick` runs only when they are named: five pairs do not fit into its time. */
const LONG_CASES: readonly CaseName[] = ['isolation', 'viewers'];

const FULL = {
  health: { rounds: 5, warmUpMs: 1_000, durationMs: 3_000 },
  tokenCount: 10_000,
  evaluateMs: 8_000,
  pairs: { pairCount: 5, durationMs: 8_000 },
};
const QUICK: typeof FULL = {
  health: { rounds: 3, warmUpMs: 150, durationMs: 450 },
  tokenCount: 1_500,
  evaluateMs: 2_000,
  pairs: { pairCount: 3, durationMs: 2_500 },
};

/** Runs the cases that `names` lists, or all. @throws RangeError for an unknown case */
export async function benchDoors({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !(CASES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${CASES.join(', ')}`);
  const isWanted = (name: CaseName): boolean =>
    names.length === 0 ? !(quick && LONG_CASES.includes(name)) : names.includes(name);
  const pace = quick ? QUICK : FULL;
  const rows: Row[] = [];
  const show = (added: readonly Row[]): void => {
    rows.push(...added);
    if (json) for (const row of added) printJson(row);
  };
  const load = await LoadProcess.start();
  try {
    if (isWanted('health') || isWanted('cold-token') || isWanted('evaluate')) {
      await using node = await startBenchNode();
      if (isWanted('health')) show(await healthRows(node, load, { pace: pace.health, progress }));
      if (isWanted('cold-token')) show(await coldTokenRows(node, load, pace.tokenCount));
      if (isWanted('evaluate'))
        show(await evaluateRows(node, load, { durationMs: pace.evaluateMs, progress }));
    }
    if (isWanted('isolation')) show(await isolationRows(load, { ...pace.pairs, progress }));
    if (isWanted('viewers')) show(await viewerRows(load, { ...pace.pairs, progress }));
  } finally {
    load.close();
  }
  progress('');
  if (!json) report(rows, markdown);
}

const COLUMNS = ['rate', 'processor', 'p50', 'p99', 'busy'];

function report(rows: readonly Row[], markdown: boolean): void {
  process.stdout.write(`${machineLine()}\nload from another process on the same machine\n\n`);
  const keys = [...new Set(rows.map((row) => `${row.case}|${row.subject}`))];
  const lines = keys.map((key) => {
    const own = rows.filter((row) => `${row.case}|${row.subject}` === key);
    const cells = COLUMNS.map((metric) => {
      const value = own.find((row) => row.metric === metric)?.value;
      return value === undefined || value === null ? '–' : short(value);
    });
    const ratio = own.find((row) => row.metric === 'rate')?.ratio;
    const cpuRatio = own.find((row) => row.metric === 'processor')?.ratio;
    const shares = [ratio, cpuRatio].map((share) => (share === undefined ? '' : `${share.toFixed(2)}×`));
    return [key.replace('|', ', '), ...cells, ...shares, verdicts(own)];
  });
  const head = ['load', 'a second', 'CPU ms each', 'p50 ms', 'p99 ms', 'busy cores', 'rate to bare'];
  printTable([...head, 'CPU to bare', 'target'], lines, markdown);
  const notes = new Set(
    rows.flatMap((row) => (row.note ? [`${row.case}, ${row.subject}: ${row.note}`] : [])),
  );
  if (notes.size > 0) process.stdout.write(`\n${[...notes].map((note) => `- ${note}\n`).join('')}`);
}

function verdicts(rows: readonly Row[]): string {
  return rows
    .filter(({ target }) => target !== undefined)
    .map(({ metric, target, ratio, isReached }) => {
      // The rate has its share in the words of its target, which say how it was judged.
      const measured = ratio === undefined || metric === 'rate' ? '' : ` (${short(ratio)}×)`;
      return `${metric} ${target}${measured} ${isReached ? 'reached' : 'MISSED'}`;
    })
    .join('; ');
}
