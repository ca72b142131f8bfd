/**
 * `bench cluster-decisions`: whole decisions a second of one, two and three real nodes on one NATS server,
 * each with a copy of the record, and of one node without a cluster; what each process paid, and what it says
 * of more machines.
 */
import { availableParallelism, loadavg } from 'node:os';
import { short } from '../../report/figure.ts';
import { machineLine } from '../../report/machine.ts';
import { printJson, progress } from '../../report/row.ts';
import type { BenchOptions, Row } from '../../report/row.ts';
import { printTable } from '../../report/table.ts';
import { decisionCost, estimatedRate } from './estimate.ts';
import type { DecisionCost } from './estimate.ts';
import { startNodes } from './node-processes.ts';
import { runStretch } from './stretch.ts';
import type { Pace, Stretch } from './stretch.ts';

const CASES = ['alone', '1', '2', '3'] as const;
type CaseName = (typeof CASES)[number];

const FULL: readonly Pace[] = [4, 8].map((openCount) => ({
  ...{ warmUpMs: 10_000, durationMs: 20_000, openCount },
}));
const QUICK: readonly Pace[] = [{ warmUpMs: 3_000, durationMs: 3_000, openCount: 4 }];
/** Machines that the estimate is made for; the record lies on three or fewer of them. */
const MACHINES = [1, 2, 3, 5, 10];
const LEDGER_COUNT = 3;

/** Runs the sizes that `names` lists, or all. @throws RangeError for an unknown one */
export async function benchDecisions({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !(CASES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${CASES.join(', ')}`);
  const found = new Map<CaseName, Stretch>();
  for (const name of CASES) {
    if (names.length > 0 && !names.includes(name)) continue;
    found.set(name, await best(name, quick ? QUICK : FULL));
    if (json) for (const row of rowsOf(name, found.get(name)!)) printJson(row);
  }
  progress('');
  const cost = costOf(found);
  const estimates = cost ? estimatesOf(cost, found) : [];
  if (json) return estimates.forEach(printJson);
  process.stdout.write(`${machineLine()}\n`);
  process.stdout.write(
    `load average ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}; council always, closed loop over HTTP at every node, the record on every node\n\n`,
  );
  printTable(HEAD, [...found].map(lineOf), markdown);
  if (cost) printEstimates(cost, estimates, markdown);
}

/** The pace with the most verdicts; nodes are new for each. */
async function best(name: CaseName, paces: readonly Pace[]): Promise<Stretch> {
  let most: Stretch | undefined;
  for (const pace of paces) {
    progress(`${titleOf(name)}, ${pace.openCount} open at each …`);
    const processes = await startNodes(name === 'alone' ? 0 : Number(name));
    try {
      const stretch = await runStretch(processes, pace);
      if (most === undefined || stretch.rate > most.rate) most = stretch;
    } finally {
      await processes.end();
    }
  }
  return most!;
}

function titleOf(name: CaseName): string {
  return name === 'alone' ? '1 node, no cluster' : `${name} node${name === '1' ? '' : 's'}`;
}

const HEAD = [
  'nodes',
  'verdicts/s',
  'p50 ms',
  'p99 ms',
  'CPU ms each, nodes',
  'all nodes',
  'NATS',
  'load',
  'busy cores',
  'verdicts per CPU s of nodes',
  'other answers',
];

function lineOf([name, stretch]: readonly [CaseName, Stretch]): string[] {
  const { rate, p50Ms, p99Ms, nodeCpuMs, natsCpuMs, loadCpuMs, busyCores, others } = stretch;
  return [
    ...[titleOf(name), short(rate), short(p50Ms), short(p99Ms), nodeCpuMs.map(short).join(' + ')],
    ...[nodesMs(stretch), natsCpuMs, loadCpuMs, busyCores, 1_000 / nodesMs(stretch)].map(short),
    others || '0',
  ];
}

function rowsOf(name: CaseName, stretch: Stretch): Row[] {
  const row = (metric: string, value: number, unit: string): Row => ({
    ...{ bench: 'cluster-decisions', case: 'decisions', subject: titleOf(name), metric, value, unit },
    ...(stretch.others !== '' && { note: stretch.others }),
  });
  return [
    row('rate', stretch.rate, '/s'),
    row('p50', stretch.p50Ms, 'ms'),
    row('p99', stretch.p99Ms, 'ms'),
    ...stretch.nodeCpuMs.map((ms, at) => row(`processor of node ${at + 1}`, ms, 'ms each')),
    row('processor of all nodes', nodesMs(stretch), 'ms each'),
    row('processor of NATS', stretch.natsCpuMs, 'ms each'),
    row('processor of the load', stretch.loadCpuMs, 'ms each'),
    row('busy', stretch.busyCores, 'cores'),
    row('other answers', stretch.otherCount, ''),
  ];
}

function nodesMs({ nodeCpuMs }: Stretch): number {
  return nodeCpuMs.reduce((sum, ms) => sum + ms, 0);
}

/** Undefined unless all sizes of the cluster were measured. */
function costOf(found: ReadonlyMap<CaseName, Stretch>): DecisionCost | undefined {
  const sizes = [1, 2, 3].flatMap((nodeCount) => {
    const stretch = found.get(String(nodeCount) as CaseName);
    return stretch ? [{ nodeCount, cpuMsEach: nodesMs(stretch) + stretch.natsCpuMs }] : [];
  });
  return sizes.length === 3 ? decisionCost(sizes) : undefined;
}

/** What one node keeps busy when it has the machine almost for itself. */
function coresOfOne(found: ReadonlyMap<CaseName, Stretch>): number {
  const one = found.get('1')!;
  return (one.rate * (nodesMs(one) + one.natsCpuMs)) / 1_000;
}

function estimatesOf(cost: DecisionCost, found: ReadonlyMap<CaseName, Stretch>): Row[] {
  const busyCores = coresOfOne(found);
  return MACHINES.map((count) => ({
    ...{
      bench: 'cluster-decisions',
      case: 'estimate',
      subject: count === 1 ? '1 machine' : `${count} machines`,
      metric: 'rate',
    },
    value: estimatedRate(cost, { count, busyCores, ledgerCount: LEDGER_COUNT }),
    unit: '/s',
    note: 'computed, not measured',
  }));
}

function printEstimates(cost: DecisionCost, rows: readonly Row[], markdown: boolean): void {
  const said = [
    `${availableParallelism()} cores carry nodes, server and load: more nodes divide the same time.`,
    `A decision costs ${short(cost.decideMs)} ms of processor, each copy ${short(cost.copyMs)} ms more.`,
    `Computed from that, one node a machine, the record on at most ${LEDGER_COUNT}:`,
  ];
  process.stdout.write(`\n${said.join('\n')}\n\n`);
  printTable(
    ['machines', 'verdicts/s, computed'],
    rows.map(({ subject, value }) => [subject, short(value!)]),
    markdown,
  );
}
