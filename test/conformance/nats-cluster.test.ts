/** Key-value store and journal with three copies, before and after the servers lost their leader. */
import { connectNats } from '../../transport/nats/connect-nats.ts';
import type { NatsPorts } from '../../transport/nats/connect-nats.ts';
import { suite } from '../harness.ts';
import { startNatsCluster } from '../nats-cluster.ts';
import type { NatsCluster } from '../nats-cluster.ts';
import { NATS_MISSING } from '../nats-server.ts';
import { journalConformance } from './journal.ts';
import { kvConformance } from './kv.ts';

const REPLICAS = 3;
const pass = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

let cluster: NatsCluster | undefined;
let count = 0;

function connected(): Promise<NatsPorts> {
  return connectNats({ url: cluster!.url, name: 'conformance' });
}

async function madeJournal() {
  const ports = await connected();
  const terms = { replicaCount: REPLICAS, maxBytes: 16_777_216 };
  const port = await ports.openJournal({ cluster: `c${(count += 1)}`, ...terms });
  return { port, pass, end: async () => (await port.close(), ports.close()) };
}

async function madeKv() {
  const ports = await connected();
  const port = await ports.openKv({ bucket: `b${(count += 1)}`, replicaCount: REPLICAS });
  return { port, pass, end: async () => (await port.close(), ports.close()) };
}

if (NATS_MISSING) suite('nats cluster conformance').skip('stores with three copies', NATS_MISSING);
else {
  const start = suite('nats cluster conformance: start', { limitMs: 90_000 });
  start('three servers', async () => void (cluster = await startNatsCluster()));
  journalConformance('nats, three copies', madeJournal);
  const fault = suite('nats cluster conformance: a leader is killed', { limitMs: 90_000 });
  fault('and comes back', async () => {
    const leader = await cluster!.leaderOf(`JOURNAL_c${count}`);
    await cluster!.kill(leader);
    await cluster!.leaderOf(`JOURNAL_c${count}`, [leader]);
    await cluster!.restart(leader);
    await cluster!.ready();
  });
  journalConformance('nats, three copies, after a leader was lost', madeJournal);
  kvConformance('nats, three copies', madeKv);
  const end = suite('nats cluster conformance: end', { limitMs: 90_000 });
  end('the servers end', () => cluster?.end());
}
