/** Case `health`: the check behind the whole gate beside a bare handler of the same framework, in turns. */
import { requestSubject } from '../../contracts/subjects.ts';
import { median } from '../report/figure.ts';
import type { Row } from '../report/row.ts';
import { BARE_SUBJECTS, startBareServers } from './bare-servers.ts';
import type { BareServers } from './bare-servers.ts';
import type { BenchNode } from './bench-node.ts';
import type { LaneTarget, WireName } from './lanes/lane.ts';
import type { LoadProcess, ServedFigures } from './load-process.ts';

/** How long and how often. */
export interface HealthPace {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** Calls that are open at once; many on the one connection of NATS, where they cost next to nothing. */
const OPEN_COUNTS: Readonly<Record<WireName, number>> = { http: 32, grpc: 32, 'grpc-stream': 32, nats: 256 };
/** Subject of the rows that are not compared. */
const FLOOR = 'bare, no headers';
const TARGET_SHARE = 0.65;
/** Of one core; below it something else than the server limited the throughput. */
const SATURATED_SHARE = 0.85;

interface Contest {
  readonly wire: WireName;
  readonly bare: LaneTarget;
  /** A handler that does less than the same answer asks for; shown and not compared. */
  readonly floor?: LaneTarget;
  /** By credential. */
  readonly gated: Readonly<Record<string, LaneTarget>>;
}

/** Measures all wires; those of a missing server are rows without a value. */
export async function healthRows(
  node: BenchNode,
  load: LoadProcess,
  { pace, progress }: { readonly pace: HealthPace; progress(text: string): void },
): Promise<Row[]> {
  await using bare = await startBareServers(node.nats?.url);
  const rows: Row[] = [];
  for (const contest of await contestsOf(node, bare)) {
    const { wire, bare, floor, gated } = contest;
    const subjects = Object.entries({ bare, ...(floor && { [FLOOR]: floor }), ...gated });
    const figures = new Map<string, ServedFigures[]>(subjects.map(([name]) => [name, []]));
    for (let round = 0; round < pace.rounds; round += 1) {
      progress(`health over ${wire}, round ${round + 1} …`);
      // Whoever goes first changes each round.
      for (const [name, target] of round % 2 === 0 ? subjects : [...subjects].reverse()) {
        const openCount = OPEN_COUNTS[wire];
        const job = { target, what: 'health', openCount, ...pace } as const;
        figures.get(name)!.push(await load.run(job));
      }
    }
    for (const [name] of subjects) rows.push(...rowsOf(wire, name, figures));
  }
  if (!node.nats) rows.push(skipped('nats'));
  return rows;
}

/** A row that says why there is no figure. */
export function skipped(wire: WireName, name = 'health'): Row {
  const note = 'no nats-server is installed';
  return {
    bench: 'doors',
    case: name,
    subject: `${wire}, gated`,
    metric: 'rate',
    value: null,
    unit: '/s',
    note,
  };
}

async function contestsOf(node: BenchNode, bare: BareServers): Promise<Contest[]> {
  const { ports, nats } = node;
  const apiKey = { 'x-api-key': await node.key('acme') };
  const [token] = await node.tokens(1);
  const bearer = { authorization: `Bearer ${token}` };
  const check = '/grpc.health.v1.Health/Check';
  const watch = '/grpc.health.v1.Health/Watch';
  const of = (wire: WireName, port: number, path: string) => (headers: Record<string, string>) => ({
    wire,
    port,
    path,
    headers,
  });
  // The bare handlers get the same headers, and look at none.
  const contest = (wire: WireName, theirs: ReturnType<typeof of>, ours: ReturnType<typeof of>): Contest => ({
    wire,
    bare: theirs(apiKey),
    gated: { 'API key': ours(apiKey), token: ours(bearer) },
  });
  const contests = [
    contest('http', of('http', bare.ports.http, '/health'), of('http', ports.http, '/health')),
    contest('grpc', of('grpc', bare.ports.grpc, check), of('grpc', ports.grpc, check)),
    contest('grpc-stream', of('grpc-stream', bare.ports.grpc, watch), of('grpc-stream', ports.grpc, watch)),
  ];
  if (!nats) return contests;
  const subject = requestSubject('health.read');
  const floor = of('nats', nats.port, BARE_SUBJECTS.plain)(apiKey);
  const overNats = contest('nats', of('nats', nats.port, BARE_SUBJECTS.same), of('nats', nats.port, subject));
  return [...contests, { ...overNats, floor }];
}

function rowsOf(wire: WireName, name: string, figures: ReadonlyMap<string, ServedFigures[]>): Row[] {
  const own = figures.get(name)!;
  const peers = figures.get('bare')!;
  const failures = own.flatMap(({ others }) => Object.keys(others));
  const isBare = name === 'bare' || name === FLOOR;
  const row = (metric: string, unit: string, value: (figures: ServedFigures) => number): Row => {
    const figure: Row = {
      bench: 'doors',
      case: 'health',
      subject: `${wire}, ${name}`,
      metric,
      value: median(own.map(value)),
      unit,
      ...(failures.length > 0 && { note: `also ${[...new Set(failures)].join(', ')}` }),
    };
    if (isBare) return figure;
    // Each round beside the bare handler of the same round: what the machine did to both cancels out.
    const ratio = median(own.map((one, round) => value(one) / value(peers[round]!)));
    return { ...figure, peer: `${wire}, bare`, ratio };
  };
  const rate = row('rate', '/s', (one) => one.rate);
  const processor = row('processor', 'ms each', (one) => one.cpuMsEach);
  return [
    isBare ? rate : judged(rate, { processor, own, peers }),
    processor,
    row('p50', 'ms', (one) => one.p50Ms),
    row('p99', 'ms', (one) => one.p99Ms),
    row('busy', 'cores', (one) => one.busyShare),
  ];
}

interface Beside {
  readonly processor: Row;
  readonly own: readonly ServedFigures[];
  readonly peers: readonly ServedFigures[];
}

/**
 * Throughput is the server's only where the server was the limit; where the load or the machine was, both
 * sides look alike, and the processor time of a request says how many one core could have served.
 */
function judged(rate: Row, { processor, own, peers }: Beside): Row {
  const isLimit = [...own, ...peers].every(({ busyShare }) => busyShare >= SATURATED_SHARE);
  const share = isLimit ? rate.ratio! : 1 / processor.ratio!;
  const basis = isLimit ? 'by throughput' : 'by processor time, the server was not the limit';
  return {
    ...rate,
    target: `≥ ${TARGET_SHARE}× bare ${basis}, was ${share.toFixed(2)}×`,
    isReached: share >= TARGET_SHARE && rate.note === undefined,
  };
}
