/** The journal over NATS where answers are lost, writers race across connections, and keys come back. */
import { connectNats } from '../../transport/nats/connect-nats.ts';
import type { NatsPorts } from '../../transport/nats/connect-nats.ts';
import type { NatsJournal } from '../../transport/nats/ports/nats-journal.ts';
import { assertFails, collect } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { startProxy } from '../loopback-proxy.ts';
import type { LoopbackProxy } from '../loopback-proxy.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';

const test = suite('nats journal', { limitMs: 60_000 });
const event = (payload: unknown) => ({ type: 'noted', schemaVersion: 1, payload });

if (NATS_MISSING) test.skip('a journal on a real server', NATS_MISSING);
else declare();

interface Rig {
  /** Through the proxy. */
  readonly journal: NatsJournal;
  /** Past it, on a connection of its own. */
  readonly other: NatsJournal;
  readonly proxy: LoopbackProxy;
}

let count = 0;

function declare(): void {
  let server: NatsServer;
  test.before(async () => void (server = await startNats()));
  test.after(() => server?.end());
  const check = (title: string, body: (rig: Rig) => Promise<void>): void =>
    test(title, () => withJournals(server, body));

  check('an append whose answer was lost is found, and stands once', async ({ journal, other, proxy }) => {
    await journal.append('k', [event(1)], { expectedSequence: 0 });
    proxy.stall('down');
    const lost = journal.append('k', [event(2), event(3)], { expectedSequence: 1 });
    await stands(other, 3);
    proxy.reset();
    proxy.heal();
    assert.is(await lost, 3);
    assert.is(await journal.append('k', [event(4)], { expectedSequence: 3 }), 4);
    assert.equal(await payloads(other), [1, 2, 3, 4]);
  });

  check('also when another has appended after it meanwhile', async ({ journal, other, proxy }) => {
    await journal.append('k', [event(1)], { expectedSequence: 0 });
    proxy.stall('down');
    const lost = journal.append('k', [event(2)], { expectedSequence: 1 });
    await stands(other, 2);
    await other.append('k', [event(3)], { expectedSequence: 2 });
    proxy.reset();
    proxy.heal();
    assert.is(await lost, 2);
    await assertFails(() => journal.append('k', [event(4)], { expectedSequence: 2 }), 'stale_writer');
    assert.equal(await payloads(other), [1, 2, 3]);
  });

  check('an append that was lost on its way is refused when another was faster', async (rig) => {
    const { journal, other, proxy } = rig;
    await journal.append('k', [event(1)], { expectedSequence: 0 });
    const sentBytes = proxy.passedBytes('up');
    proxy.stall('up');
    const lost = journal.append('k', [event(2)], { expectedSequence: 1 });
    await new Promise((turn) => setImmediate(turn));
    await other.append('k', [event('other')], { expectedSequence: 1 });
    assert.is(proxy.passedBytes('up'), sentBytes);
    proxy.reset();
    proxy.heal();
    await assertFails(() => lost, 'stale_writer');
    assert.equal(await payloads(other), [1, 'other']);
  });

  check('without a server it is unavailable within its time', async ({ journal, proxy }) => {
    proxy.cut();
    const startMs = performance.now();
    await assertFails(() => journal.append('k', [event(1)], { expectedSequence: 0 }), 'unavailable');
    await assertFails(() => collect(journal.read('k', 0)), 'unavailable');
    assert.ok(performance.now() - startMs < 2 * 4_000 + 1_000);
  });

  check('what a writer knows of a key never keeps it from writing after others', async (rig) => {
    const { journal, other } = rig;
    assert.is(await journal.append('k', [event(1)], { expectedSequence: 0 }), 1);
    assert.is(await other.append('k', [event(2)], { expectedSequence: 1, generation: 2 }), 2);
    assert.is(await journal.append('k', [event(3)], { expectedSequence: 2, generation: 2 }), 3);
    await assertFails(
      () => other.append('k', [event(4)], { expectedSequence: 3, generation: 1 }),
      'stale_writer',
    );
    await journal.forget('k');
    assert.is(await other.append('k', [event('anew')], { expectedSequence: 0, generation: 1 }), 1);
    await assertFails(() => journal.append('k', [event(4)], { expectedSequence: 3 }), 'stale_writer');
  });

  check('an append without events raises the generation, and so shuts out the one before', async (rig) => {
    const { journal, other } = rig;
    await journal.append('k', [event(1)], { expectedSequence: 0, generation: 4 });
    assert.is(await other.append('k', [], { expectedSequence: 1, generation: 5 }), 1);
    await assertFails(
      () => journal.append('k', [event(2)], { expectedSequence: 1, generation: 4 }),
      'stale_writer',
    );
    assert.is(await other.append('k', [event('own')], { expectedSequence: 1, generation: 5 }), 2);
    assert.equal(await payloads(journal), [1, 'own']);
  });

  check('a snapshot that outlived its key is none, and does not keep newer ones out', async (rig) => {
    const { journal, other } = rig;
    const snapshot = (sequence: number) => ({ key: 'k', sequence, schemaVersion: 1, state: sequence });
    await journal.append('k', [event(1), event(2), event(3)], { expectedSequence: 0 });
    await other.forget('k');
    // What it knows of the key is old: the store cannot refuse a snapshot for the lack of events.
    await journal.saveSnapshot(snapshot(3));
    assert.is(await other.latestSnapshot('k'), undefined);
    await other.append('k', [event('anew')], { expectedSequence: 0 });
    assert.is(await other.latestSnapshot('k'), undefined);
    await other.saveSnapshot(snapshot(1));
    assert.equal(await journal.latestSnapshot('k'), snapshot(1));
  });

  check('events after a snapshot are read from where it stands', async ({ journal, other }) => {
    for (let n = 0; n < 20; n++) await journal.append('k', [event(n)], { expectedSequence: n });
    await journal.saveSnapshot({ key: 'k', sequence: 18, schemaVersion: 1, state: 0 });
    await other.latestSnapshot('k');
    assert.equal(
      (await collect(other.read('k', 18))).map(({ sequence }) => sequence),
      [19, 20],
    );
    await journal.saveSnapshot({ key: 'k', sequence: 20, schemaVersion: 1, state: 0 });
    assert.is((await other.latestSnapshot('k'))!.sequence, 20);
    assert.equal(await collect(other.read('k', 20)), []);
    assert.is((await collect(other.read('k', 0))).length, 20);
  });

  check('an append past the server’s limit is too_large and writes nothing', async ({ journal }) => {
    const large = 'x'.repeat(1_100_000);
    const append = () => journal.append('k', [event(1), event(large)], { expectedSequence: 0 });
    await assertFails(append, 'too_large');
    assert.equal(await payloads(journal), []);
    assert.is(await journal.append('k', [event(1)], { expectedSequence: 0 }), 1);
  });

  check('keys of any characters come back as they were', async ({ journal }) => {
    const keys = ['a//b', '/', 'a.b*c>d e', 'é/😀', '=', '=2E', 'a/=/b', 'A/a', 'x'.repeat(512)];
    for (const key of keys) await journal.append(key, [event(key)], { expectedSequence: 0 });
    assert.equal(await collect(journal.keys('')), [...keys].sort());
    assert.equal(await collect(journal.keys('a/')), ['a//b', 'a/=/b']);
    for (const key of keys) assert.is((await collect(journal.read(key, 0)))[0]!.payload, key);
    for (const key of ['', 'x'.repeat(513)])
      await assertFails(() => journal.append(key, [event(1)], { expectedSequence: 0 }), 'invalid_argument');
  });
}

async function withJournals(server: NatsServer, body: (rig: Rig) => Promise<void>): Promise<void> {
  const proxy = await startProxy(server.port);
  const open: NatsPorts[] = [];
  const journal = async (url: string): Promise<NatsJournal> => {
    const ports = await connectNats({ url, name: 'journal', reconnectWaitMs: 20 });
    open.push(ports);
    return ports.openJournal({ cluster: `j${count}`, timeoutMs: 4_000, maxBytes: 16_777_216 });
  };
  count += 1;
  try {
    await body({ proxy, journal: await journal(proxy.url), other: await journal(server.url) });
  } finally {
    await proxy.end();
    await Promise.all(open.map((ports) => ports.close()));
  }
}

async function payloads(journal: NatsJournal): Promise<unknown[]> {
  return (await collect(journal.read('k', 0))).map(({ payload }) => payload);
}

/** Resolves when the key has that many events. */
async function stands(journal: NatsJournal, eventCount: number): Promise<void> {
  while ((await payloads(journal)).length < eventCount);
}
