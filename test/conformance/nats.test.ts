/** Bus, key-value store, journal and work queue over a real NATS server, through both client packages. */
import type { NatsClientName, NatsPorts } from '../../transport/nats/connect-nats.ts';
import { connectNats, NATS_CLIENTS } from '../../transport/nats/connect-nats.ts';
import { suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';
import { KvIdentityStore } from '../../runtime/store/identity/kv-identity-store.ts';
import { identityStoreConformance } from './identity-store.ts';
import { busConformance } from './bus.ts';
import { journalConformance } from './journal.ts';
import { kvConformance } from './kv.ts';
import { workQueueConformance } from './work-queue.ts';

const pass = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

let server: Promise<NatsServer> | undefined;
let bucketCount = 0;

/** A connection of its own for each test; what an earlier test stored is gone. */
async function connected(client: NatsClientName, onError?: (error: unknown) => void): Promise<NatsPorts> {
  const { url } = await (server ??= startNats());
  return connectNats({ url, name: 'conformance', client, onError });
}

function declare(client: NatsClientName): void {
  busConformance(`nats through ${NATS_CLIENTS[client].name}`, async () => {
    const errors: unknown[] = [];
    const ports = await connected(client, (error) => errors.push(error));
    return { port: ports.bus(), pass, end: () => ports.close(), errors };
  });
  kvConformance(`nats through ${NATS_CLIENTS[client].name}`, async () => {
    const ports = await connected(client);
    const port = await ports.openKv({ bucket: `b${(bucketCount += 1)}` });
    return { port, pass, end: async () => (await port.close(), ports.close()) };
  });
  identityStoreConformance(`nats through ${NATS_CLIENTS[client].name}`, async () => {
    const ports = await connected(client);
    const kv = await ports.openKv({ bucket: `b${(bucketCount += 1)}` });
    return { port: new KvIdentityStore(kv), pass, end: async () => (await kv.close(), ports.close()) };
  });
  journalConformance(`nats through ${NATS_CLIENTS[client].name}`, async () => {
    const ports = await connected(client);
    const port = await ports.openJournal({ cluster: `c${(bucketCount += 1)}`, maxBytes: 16_777_216 });
    return { port, pass, end: async () => (await port.close(), ports.close()) };
  });
  workQueueConformance(`nats through ${NATS_CLIENTS[client].name}`, async () => {
    const ports = await connected(client);
    return {
      port: ports.workQueue(),
      pass,
      end: async () => {
        for (const name of ['WORK_q', 'POISON_q', 'WORK_other', 'POISON_other'])
          await ports.requests.send(`$JS.API.STREAM.DELETE.${name}`, new Uint8Array(), { timeoutMs: 5_000 });
        await ports.close();
      },
    };
  });
}

if (NATS_MISSING) {
  suite('nats conformance').skip(
    'bus, key-value store, journal and work queue on a real server',
    NATS_MISSING,
  );
} else {
  for (const client of Object.keys(NATS_CLIENTS) as NatsClientName[]) declare(client);
  const end = suite('nats conformance: end', { limitMs: 180_000 });
  end('the server ends', async () => (await server)?.end());
}
