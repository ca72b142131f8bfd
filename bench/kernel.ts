/** `bench kernel`: this kernel, nact, XState, comedy and a bare ring buffer, turn by turn in one run. */
import { KERNEL_CASES } from './kernel/case-list.ts';
import { runCase } from './kernel/contest.ts';
import { rowsOf } from './kernel/judge.ts';
import { loadSubject, SUBJECT_NAMES } from './kernel/subjects.ts';
import { short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

const RATE = { rounds: 7, roundMs: 400, limitMs: 30_000 };
const QUICK_RATE = { rounds: 2, roundMs: 100, limitMs: 4_500 };
/** Cases whose rounds are long of themselves. */
const FEW_ROUNDS: Readonly<Record<string, number>> = {
  'idle-bytes': 3,
  'timer-lateness': 3,
  'asks-in-flight': 2,
};

/** Runs the cases that `names` lists, or all. @throws RangeError for an unknown case */
export async function benchKernel({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !KERNEL_CASES.some((kase) => kase.name === name));
  if (unknown.length > 0) {
    throw new RangeError(
      `no case ${unknown.join(', ')}; there are: ${KERNEL_CASES.map(({ name }) => name).join(', ')}`,
    );
  }
  const cases = KERNEL_CASES.filter(({ name }) => names.length === 0 || names.includes(name));
  const rows: Row[] = [];
  for (const kase of cases) {
    progress(`${kase.name} …`);
    const pace = { ...(quick ? QUICK_RATE : RATE), quick };
    const rounds = quick && kase.name in FEW_ROUNDS ? 1 : (FEW_ROUNDS[kase.name] ?? pace.rounds);
    const measured = rowsOf(kase, await runCase(kase, { ...pace, rounds }));
    rows.push(...measured);
    if (json) for (const row of measured) printJson(row);
  }
  progress('');
  if (!json) await report(rows, markdown);
}

async function report(rows: readonly Row[], markdown: boolean): Promise<void> {
  const versions: string[] = [];
  for (const name of SUBJECT_NAMES) versions.push(`${name} (${(await loadSubject(name)).version})`);
  process.stdout.write(`${machineLine()}\n${versions.join(', ')}; each case in a process of its own\n\n`);
  printTable(['case', ...SUBJECT_NAMES, '÷ nact', '÷ ring', 'target'], lines(rows), markdown);
  const notes = rows.filter(({ note }) => note !== undefined);
  if (notes.length === 0) return;
  process.stdout.write('\n');
  const mark = markdown ? '- ' : '';
  for (const { subject, case: name, note } of notes)
    process.stdout.write(`${mark}– ${subject}, ${name}: ${note}\n`);
}

/** One line per case and metric. */
function lines(rows: readonly Row[]): string[][] {
  return KERNEL_CASES.flatMap((kase) =>
    Object.entries(kase.units).flatMap(([metric, unit]) => {
      const own = rows.filter((row) => row.case === kase.name && row.metric === metric);
      if (own.length === 0) return [];
      const figures = SUBJECT_NAMES.map((name) => figure(own.find(({ subject }) => subject === name)?.value));
      const title =
        metric === 'rate'
          ? `${kase.name}, ${unit.slice(1) === 's' ? 'a second' : unit}`
          : `${kase.name} ${metric}${unit === '' ? '' : `, ${unit}`}`;
      const ratio = (peer: string): string =>
        ratioText(own.find((row) => row.subject === 'witan' && row.peer === peer)?.ratio);
      const targets = own.filter(({ target }) => target !== undefined);
      const target = targets.map((row) => `${row.target} ${row.isReached ? 'reached' : 'MISSED'}`).join('; ');
      return [[title, ...figures, ratio('nact'), ratio('ring'), target]];
    }),
  );
}

function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : short(value);
}

function ratioText(ratio: number | undefined): string {
  return ratio === undefined ? '' : `${short(ratio)}×`;
}
