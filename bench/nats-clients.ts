/**
 * `bench nats-clients`: the two client packages of NATS under the same ports, turn by turn, on a server that
 * the bench starts; beside each the package itself without our link.
 */
import { connect as connectNatsIo } from '@nats-io/transport-node';
import { connect as connectNatsPackage } from 'nats';
import { connectNats, NATS_CLIENTS } from '../transport/nats/connect-nats.ts';
import type { NatsClientName, NatsPorts } from '../transport/nats/connect-nats.ts';
import { startNats } from '../test/nats-server.ts';
import type { NatsServer } from '../test/nats-server.ts';
import { median, short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

/** One figure of one round; higher is better for rates, lower for times. */
type Measure = (ports: NatsPorts, scale: number) => Promise<number>;

const PAYLOAD = new Uint8Array(256);

const CASES: Readonly<Record<string, { unit: string; measure: Measure }>> = {
  'request and reply, one at a time': {
    unit: '/s',
    measure: (ports, scale) => requests(ports, 2_000 * scale, 1),
  },
  'request and reply, 64 at once': {
    unit: '/s',
    measure: (ports, scale) => requests(ports, 20_000 * scale, 64),
  },
  'publish and receive': { unit: '/s', measure: publishes },
  'stored message, 64 at once': { unit: '/s', measure: stores },
  'compare-and-set, one at a time': { unit: '/s', measure: updates },
};

/** Runs all cases for both packages in turn; `names` is not used. */
export async function benchNatsClients({ json, quick, markdown }: BenchOptions): Promise<void> {
  const clients = Object.keys(NATS_CLIENTS) as NatsClientName[];
  const figures = new Map<string, number[]>();
  const note = (kase: string, subject: string, value: number): void => {
    const key = `${kase}|${subject}`;
    figures.set(key, [...(figures.get(key) ?? []), value]);
  };
  const server = await startNats();
  try {
    for (let round = 0; round < (quick ? 3 : 7); round++) {
      progress(`round ${round + 1} …`);
      // Whoever goes first changes each round.
      for (const client of round % 2 === 0 ? clients : [...clients].reverse()) {
        const ports = await connectNats({ url: server.url, name: 'bench', client, reconnectWaitMs: 50 });
        for (const [kase, { measure }] of Object.entries(CASES)) {
          note(kase, NATS_CLIENTS[client].name, await measure(ports, quick ? 0.5 : 1));
        }
        note('back after a killed server', NATS_CLIENTS[client].name, await reconnects(server, ports));
        await ports.close();
        note('bare request and reply, 64 at once', NATS_CLIENTS[client].name, await bare(server, client));
      }
    }
  } finally {
    await server.end();
  }
  progress('');
  const rows = [...figures].map(([key, values]): Row => {
    const [kase, subject] = key.split('|') as [string, string];
    const peer = NATS_CLIENTS.nats.name;
    const value = median(values);
    const unit = CASES[kase]?.unit ?? (kase.startsWith('bare') ? '/s' : 'ms');
    const ratio = value / median(figures.get(`${kase}|${peer}`)!);
    return { bench: 'nats-clients', case: kase, subject, metric: 'median', value, unit, peer, ratio };
  });
  if (json) return rows.forEach(printJson);
  process.stdout.write(`${machineLine()}\n`);
  const columns = ['case', 'package', 'median', 'unit', 'to nats'];
  const lines = rows.map((row) => [
    row.case,
    row.subject,
    short(row.value!),
    row.unit,
    row.ratio!.toFixed(2),
  ]);
  printTable(columns, lines, markdown);
}

async function timed(count: number, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (count / (performance.now() - startedMs)) * 1_000;
}

async function inParallel(count: number, width: number, one: () => Promise<unknown>): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: width }, lane));
}

async function requests(ports: NatsPorts, count: number, width: number): Promise<number> {
  const bus = ports.bus();
  const { unsubscribe } = await bus.subscribe('bench.echo', ({ replyTo, data }) =>
    bus.publish(replyTo!, data),
  );
  const rate = await timed(count, () =>
    inParallel(count, width, () => bus.request('bench.echo', PAYLOAD, { timeoutMs: 10_000 })),
  );
  await unsubscribe();
  return rate;
}

async function publishes(ports: NatsPorts, scale: number): Promise<number> {
  const bus = ports.bus();
  const count = 100_000 * scale;
  let received = 0;
  let done = (): void => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  const { unsubscribe } = await bus.subscribe('bench.many', () => void ((received += 1) === count && done()));
  const rate = await timed(count, async () => {
    for (let n = 0; n < count; n++) {
      bus.publish('bench.many', PAYLOAD);
      if (n % 1_000 === 999) await bus.flush();
    }
    await all;
  });
  await unsubscribe();
  return rate;
}

async function stores(ports: NatsPorts, scale: number): Promise<number> {
  const config = { name: 'BENCH', subjects: ['bench-store'], max_bytes: 67_108_864, discard: 'old' } as const;
  await ports.jetStream.ensureStream(config);
  const count = 10_000 * scale;
  return timed(count, () => inParallel(count, 64, () => ports.jetStream.store('bench-store', PAYLOAD)));
}

async function updates(ports: NatsPorts, scale: number): Promise<number> {
  const kv = await ports.openKv({ bucket: 'bench' });
  let revision = await kv.put('lease', PAYLOAD);
  const count = 2_000 * scale;
  const rate = await timed(count, async () => {
    for (let n = 0; n < count; n++) revision = await kv.update('lease', PAYLOAD, revision);
  });
  await kv.close();
  return rate;
}

/** Milliseconds from the end of a server's start to the first answer of JetStream. */
async function reconnects(server: NatsServer, ports: NatsPorts): Promise<number> {
  const back = new Promise<void>((resolve) => {
    ports.link.onEvent((event) => void (event === 'connected' && resolve()));
  });
  await server.kill();
  await server.restart();
  const startedMs = performance.now();
  await back;
  await ports.jetStream.streamInfo('BENCH');
  return performance.now() - startedMs;
}

async function bare(server: NatsServer, client: NatsClientName): Promise<number> {
  const options = { servers: server.url };
  const connection = await (client === 'nats' ? connectNatsPackage(options) : connectNatsIo(options));
  connection.subscribe('bench.echo', { callback: (_error, message) => void message.respond(message.data) });
  const count = 20_000;
  const rate = await timed(count, () =>
    inParallel(count, 64, () => connection.request('bench.echo', PAYLOAD, { timeout: 10_000 })),
  );
  await connection.close();
  return rate;
}
