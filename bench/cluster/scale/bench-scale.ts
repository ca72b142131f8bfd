/**
 * `bench cluster-scale`: what 3 to 10,000 nodes do to the servers and to each node, from costs that are
 * measured first, the real placement and the real failure detector. `docs/scale.md` shows its tables.
 */
import { loadavg } from 'node:os';
import { SeededRandom } from '../../../runtime/kernel/index.ts';
import { median, percentile, short } from '../../report/figure.ts';
import { machineLine } from '../../report/machine.ts';
import { printJson, progress } from '../../report/row.ts';
import type { BenchOptions, Row } from '../../report/row.ts';
import { printTable } from '../../report/table.ts';
import { crashToDeclaredMs } from './crash-time.ts';
import type { LeaseSetting } from './crash-time.ts';
import { nodeCosts } from './node-costs.ts';
import { coldStart, crashTraffic, idleTraffic, joinTraffic, mostNodes } from './scale-model.ts';
import type { Budget, ClusterSize, EventCosts } from './scale-model.ts';
import { measureServer } from './server-costs.ts';
import type { ServerCosts } from './server-costs.ts';
import { shardSpread } from './shard-moves.ts';

interface Setting extends ClusterSize, LeaseSetting {}

const DEFAULTS = { beatMs: 500, leaseMs: 2_000, shardCount: 256, watched: 'all' } as const;
const CALM = { ...DEFAULTS, beatMs: 2_500, leaseMs: 10_000, shardCount: 4_096 } as const;
/** Neighbours that a node would watch if it did not watch all: those that may declare it gone first. */
const SAMPLE = 9;
const SETTINGS: readonly Setting[] = [
  { ...DEFAULTS, nodes: 3 },
  { ...DEFAULTS, nodes: 10 },
  { ...DEFAULTS, nodes: 100, shardCount: 1_024 },
  { ...DEFAULTS, nodes: 300, shardCount: 4_096 },
  { ...DEFAULTS, nodes: 1_000, shardCount: 4_096 },
  { ...CALM, nodes: 1_000 },
  { ...CALM, nodes: 10_000 },
  { ...CALM, nodes: 10_000, watched: SAMPLE },
];
/** What being a cluster may cost: cores of the servers, and a share of each main loop. */
const BUDGET: Budget = { serverCores: 2, loopShare: 0.05 };
const CRASHES = 500;

/** Measures the costs, then prints what follows; `names` is not used. */
export async function benchScale({ json, quick, markdown }: BenchOptions): Promise<void> {
  progress('costs of a server …');
  const server = await measureServer(
    quick ? { stretchMs: 2_000, watcherCount: 20 } : { stretchMs: 8_000, watcherCount: 100 },
  );
  // The dearer of the two: at the pace of a cluster at rest a change goes out alone.
  const costs: EventCosts = {
    ...{ writeUs: server.writeUs, deliverUs: server.pacedDeliverUs, takeInUs: server.pacedTakeInUs },
  };
  if (!json) {
    process.stdout.write(`${machineLine()}; load average ${loadavg().map(short).join(' ')}\n\n`);
    printServer(server, markdown);
    for (const table of [restTable(costs), mostTable(costs), changeTable(quick), nodeTable(quick)]) {
      process.stdout.write('\n');
      printTable(table.head, table.lines, markdown);
    }
    progress('');
    return;
  }
  for (const [metric, value] of Object.entries(server)) printJson(rowOf('measured', metric, value));
  for (const setting of SETTINGS) {
    const traffic = { ...idleTraffic(setting, costs) };
    for (const [metric, value] of Object.entries(traffic)) printJson(rowOf(nameOf(setting), metric, value));
  }
}

function rowOf(subject: string, metric: string, value: number): Row {
  return { bench: 'cluster-scale', case: 'scale', subject, metric, value, unit: '' };
}

interface Table {
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

function nameOf({ nodes, beatMs, watched }: Pick<Setting, 'nodes' | 'beatMs' | 'watched'>): string {
  return `${nodes.toLocaleString('en')}, beat ${beatMs}${watched === 'all' ? '' : `, ${watched} watched`}`;
}

function printServer(server: ServerCosts, markdown: boolean): void {
  const lines = [
    ['compare-and-sets, 64 at once', `${short(server.writesPerS)} /s`],
    ['server, one compare-and-set', `${short(server.writeUs)} µs of processor`],
    ['deliveries to watchers, as many as come through', `${short(server.deliveriesPerS)} /s`],
    ['server, one delivery, at that rate', `${short(server.deliverUs)} µs`],
    ['server, one delivery, 200 renewals a second', `${short(server.pacedDeliverUs)} µs`],
    ['node, one change taken in, at full rate', `${short(server.takeInUs)} µs`],
    ['node, one change taken in, 200 renewals a second', `${short(server.pacedTakeInUs)} µs`],
    ['bytes of a member’s record', String(server.valueBytes)],
  ];
  printTable(['measured', 'value'], lines, markdown);
}

function restTable(costs: EventCosts): Table {
  return {
    head: ['nodes at rest', 'writes/s', 'deliveries/s', 'changes/s a node', 'server cores', 'main loop'],
    lines: SETTINGS.map((setting) => {
      const { writesPerS, deliveriesPerS, changesPerNodePerS, serverCores, loopShare } = idleTraffic(
        setting,
        costs,
      );
      return [
        ...[nameOf(setting), ...[writesPerS, deliveriesPerS, changesPerNodePerS, serverCores].map(short)],
        percent(loopShare),
      ];
    }),
  };
}

function mostTable(costs: EventCosts): Table {
  const beats = [500, 1_000, 2_500, 5_000, 10_000];
  return {
    head: [
      `most nodes with ${BUDGET.serverCores} cores of servers`,
      'all watched',
      `${SAMPLE} watched`,
      'crash → gone',
    ],
    lines: beats.map((beatMs) => {
      const times = { beatMs, leaseMs: 4 * beatMs };
      const most = (watched: 'all' | number): number =>
        mostNodes({ ...times, shardCount: 4_096, watched }, costs, BUDGET);
      return [`beat ${beatMs} ms`, ...[most('all'), most(SAMPLE)].map(short), crashTime(times)];
    }),
  };
}

/** Median and worst of many crashes, s. */
function crashTime(times: LeaseSetting): string {
  const random = new SeededRandom(1);
  const all = Array.from({ length: CRASHES }, () => crashToDeclaredMs(times, random) / 1_000);
  return `${short(median(all))} s, worst ${short(percentile(all, 1))} s`;
}

function changeTable(isQuick: boolean): Table {
  const sizes = [
    ...[3, 10, 100].map((nodes) => ({ nodes, shardCount: 256 })),
    ...[10, 100, 1_000, ...(isQuick ? [] : [10_000])].map((nodes) => ({ nodes, shardCount: 4_096 })),
  ];
  return {
    head: [
      ...[
        'nodes, shards',
        'fullest ÷ mean',
        'nodes without a shard',
        'moved by a join',
        'by a loss of the fullest',
      ],
      ...['writes of a join', 'told of it in all', 'of a loss', 'entries read when all start'],
    ],
    lines: sizes.map(({ nodes, shardCount }) => {
      progress(`shards of ${nodes} nodes …`);
      const { fullest, idleNodes, movedByJoin, movedByLeave } = shardSpread(shardCount, nodes);
      const join = joinTraffic(nodes, movedByJoin);
      const loss = crashTraffic(nodes, movedByLeave);
      const start = coldStart({ nodes, shardCount, beatMs: 500, watched: 'all' });
      return [
        `${nodes.toLocaleString('en')}, ${shardCount.toLocaleString('en')}`,
        ...[fullest, idleNodes, movedByJoin, movedByLeave, join.writes, join.deliveries].map(short),
        ...[loss.deliveries, start.readEntries].map(short),
      ];
    }),
  };
}

function nodeTable(isQuick: boolean): Table {
  const sizes = isQuick ? [3, 100, 1_000] : [3, 100, 300, 1_000, 10_000];
  return {
    head: [
      ...['each node, of', 'wishes of 256 shards, ms', 'of 4,096, ms', 'members in order, ms'],
      ...['terms of a decision, kB', 'their digest, ms', 'terms allowed'],
    ],
    lines: sizes.map((nodes) => {
      progress(`costs of a node among ${nodes} …`);
      const few = nodeCosts(nodes, 256);
      const many = nodeCosts(nodes, 4_096);
      return [
        nodes.toLocaleString('en'),
        ...[few.wishesMs, many.wishesMs, many.membersMs, many.termsBytes / 1_000, many.termsMs].map(short),
        many.isAllowed ? 'yes' : 'NO',
      ];
    }),
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}
