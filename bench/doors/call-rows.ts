/** Cases `cold-token` and `evaluate`: reported beside nothing, since no framework has them. */
import { requestSubject } from '../../contracts/subjects.ts';
import type { Row } from '../report/row.ts';
import type { BenchNode } from './bench-node.ts';
import { skipped } from './health-case.ts';
import type { LaneTarget } from './lanes/lane.ts';
import type { LoadProcess, ServedFigures } from './load-process.ts';

const EVALUATE_OPEN_COUNT = 4;
const COLD_OPEN_COUNT = 8;

/** First verification of a signed token (ES256): each request brings one that the node has never seen. */
export async function coldTokenRows(node: BenchNode, load: LoadProcess, tokenCount: number): Promise<Row[]> {
  const target = { wire: 'http', port: node.ports.http, path: '/health', headers: {} } as const;
  const figures = await load.run({
    target,
    what: 'health',
    openCount: COLD_OPEN_COUNT,
    warmUpMs: 0,
    durationMs: 60_000,
    tokens: await node.tokens(tokenCount),
  });
  return figureRows('cold-token', 'http, ES256', figures);
}

/** Decisions over each wire: rules, signatures and a durable record for each. */
export async function evaluateRows(
  node: BenchNode,
  load: LoadProcess,
  { durationMs, progress }: { readonly durationMs: number; progress(text: string): void },
): Promise<Row[]> {
  const { ports, nats } = node;
  const headers = { 'x-api-key': await node.key('acme') };
  const targets: LaneTarget[] = [
    { wire: 'http', port: ports.http, path: '/api/v1/decisions/evaluate', headers },
    { wire: 'grpc', port: ports.grpc, path: '/witan.v1.Council/Evaluate', headers },
    { wire: 'grpc-stream', port: ports.grpc, path: '/witan.v1.Council/EvaluateStream', headers },
  ];
  if (nats)
    targets.push({ wire: 'nats', port: nats.port, path: requestSubject('decision.evaluate'), headers });
  const rows: Row[] = [];
  for (const [at, target] of targets.entries()) {
    progress(`decisions over ${target.wire} …`);
    const figures = await load.run({
      target,
      what: 'decisions',
      openCount: EVALUATE_OPEN_COUNT,
      // The first ones of a node compile the seats.
      warmUpMs: at === 0 ? durationMs : durationMs / 5,
      durationMs,
      seed: at + 1,
    });
    rows.push(...figureRows('evaluate', target.wire, figures));
  }
  return nats ? rows : [...rows, skipped('nats', 'evaluate')];
}

/** Rows of one stretch of load. */
export function figureRows(name: string, subject: string, figures: ServedFigures): Row[] {
  const row = (metric: string, value: number, unit: string): Row => {
    const others = Object.entries(figures.others).map(([code, count]) => `${code} ${count}`);
    return {
      bench: 'doors',
      case: name,
      subject,
      metric,
      value,
      unit,
      ...(others.length > 0 && { note: others.join(', ') }),
    };
  };
  return [
    row('rate', figures.rate, '/s'),
    row('processor', figures.cpuMsEach, 'ms each'),
    row('p50', figures.p50Ms, 'ms'),
    row('p99', figures.p99Ms, 'ms'),
    row('busy', figures.busyShare, 'cores'),
  ];
}
