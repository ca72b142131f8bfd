/** Journal and key-value store with three copies while the server that leads them is killed. */
import { WitanError } from '../../contracts/errors.ts';
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import { connectNats } from '../../transport/nats/connect-nats.ts';
import type { NatsPorts } from '../../transport/nats/connect-nats.ts';
import { bytes, collect, text } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { startNatsCluster } from '../nats-cluster.ts';
import type { NatsCluster } from '../nats-cluster.ts';
import { NATS_MISSING } from '../nats-server.ts';

const test = suite('nats leader loss', { limitMs: 120_000 });
const event = (payload: unknown) => ({ type: 'noted', schemaVersion: 1, payload });

if (NATS_MISSING) test.skip('stores whose leader is killed', NATS_MISSING);
else declare();

function declare(): void {
  let cluster: NatsCluster;
  test.before(async () => void (cluster = await startNatsCluster()));
  test.after(() => cluster?.end());

  const connected = (jetStreamTimeoutMs = 1_500): Promise<NatsPorts> =>
    connectNats({ url: cluster.url, name: 'loss', reconnectWaitMs: 50, jetStreamTimeoutMs });

  test('every append that was acknowledged stands once, in order, at its sequence', async () => {
    const ports = await Promise.all([connected(), connected()]);
    try {
      const journals = await Promise.all(
        ports.map((one) => one.openJournal({ cluster: 'j', replicaCount: 3, timeoutMs: 20_000 })),
      );
      let isOver = false;
      // Several on each connection: writes that are under way at once are what copies get wrong.
      const done: Acked[][] = Array.from({ length: 6 }, () => []);
      const writers = done.map((acked, writer) =>
        contend(journals[writer % 2]!, { writer, acked, isOver: () => isOver }),
      );
      const count = (): number => done.flat().length;
      await enough(() => count() >= 40);
      const leader = await cluster.leaderOf('JOURNAL_j');
      const killedMs = performance.now();
      await cluster.kill(leader);
      const before = count();
      await enough(() => count() >= before + 40);
      isOver = true;
      await Promise.all(writers);
      await cluster.restart(leader);
      await cluster.ready();
      const events = await collect(journals[0]!.read('k', 0));
      assert.equal(
        events.map(({ sequence }) => sequence),
        events.map((_, at) => at + 1),
      );
      for (const { sequence, payload } of done.flat()) assert.is(events[sequence - 1]!.payload, payload);
      assert.is(new Set(events.map(({ payload }) => payload)).size, events.length, 'none stands twice');
      const firstAfter = Math.min(
        ...done
          .flat()
          .map(({ atMs }) => atMs)
          .filter((atMs) => atMs > killedMs + 300),
      );
      process.stdout.write(`journal: first append ${Math.round(firstAfter - killedMs)} ms after the kill\n`);
    } finally {
      await Promise.all(ports.map((one) => one.close()));
    }
  });

  test('of contenders for one revision at most one is told that it won, whoever leads', async () => {
    const ports = await Promise.all([connected(), connected()]);
    try {
      const stores = await Promise.all(ports.map((one) => one.openKv({ bucket: 'claims', replicaCount: 3 })));
      await whenLed(() => stores[0]!.create('lease', bytes('start')));
      const won: { readonly follows: number; readonly revision: number; readonly value: string }[] = [];
      let isOver = false;
      const contenders = Array.from({ length: 8 }, async (_, who) => {
        const kv = stores[who % 2]!;
        for (let n = 0; !isOver; n++) {
          const entry = await kv.get('lease').catch(() => undefined);
          if (!entry) {
            // Without a connection the refusal comes at once: the loop must let it come back.
            await new Promise((pause) => setTimeout(pause, 20));
            continue;
          }
          const value = `${who}:${n}`;
          await kv.update('lease', bytes(value), entry.revision).then(
            (revision) => won.push({ follows: entry.revision, revision, value }),
            () => undefined,
          );
        }
      });
      await enough(() => won.length >= 60);
      const leader = await cluster.leaderOf('KV_claims');
      await cluster.kill(leader);
      const before = won.length;
      await enough(() => won.length >= before + 60);
      isOver = true;
      await Promise.all(contenders);
      await cluster.restart(leader);
      await cluster.ready();
      assert.is(new Set(won.map(({ follows }) => follows)).size, won.length, 'one winner a revision');
      const last = won.reduce((one, other) => (one.revision > other.revision ? one : other));
      const entry = (await whenLed(() => stores[0]!.get('lease')))!;
      if (entry.revision === last.revision) assert.is(text(entry.value), last.value);
      else assert.ok(entry.revision > last.revision, 'only one whose answer was lost may stand after it');
    } finally {
      await Promise.all(ports.map((one) => one.close()));
    }
  });

  test('operations end within their time, and a watch misses and invents nothing', async () => {
    const timeoutMs = 1_500;
    const ports = await Promise.all([connected(timeoutMs), connected(timeoutMs)]);
    try {
      const [kv, watched] = await Promise.all([
        ports[0]!.openKv({ bucket: 'loss', replicaCount: 3 }),
        ports[1]!.openKv({ bucket: 'loss', replicaCount: 3 }),
      ]);
      const first = await kv.create('a', bytes('start'));
      const seen: (readonly [number, string])[] = [];
      const abort = new AbortController();
      const watching = (async () => {
        for await (const { revision, value } of watched.watch('', abort.signal))
          seen.push([revision, text(value)!]);
      })();
      const leader = await cluster.leaderOf('KV_loss');
      const acked = new Map<number, string>([[first, 'start']]);
      const sent = new Set<string>(['start']);
      let revision = first;
      let longestMs = 0;
      let unavailable = 0;
      let isKilled = false;
      let afterKill = 0;
      let lastFailure = 0;
      for (let n = 0; afterKill < 30; n++) {
        if (n === 30) await cluster.kill(leader);
        isKilled ||= n >= 30;
        const value = `v${n}`;
        sent.add(value);
        const startMs = performance.now();
        try {
          revision = await kv.update('a', bytes(value), revision);
          acked.set(revision, value);
          if (isKilled) afterKill += 1;
        } catch (error) {
          assert.instance(error, WitanError);
          lastFailure = n;
          // An update whose answer was lost makes the next one stale: then the key says where it stands.
          if ((error as WitanError).code === 'stale_writer') revision = await whereIs(kv, revision);
          else {
            assert.is((error as WitanError).code, 'unavailable');
            unavailable += 1;
            await new Promise((pause) => setTimeout(pause, 20));
          }
        }
        longestMs = Math.max(longestMs, performance.now() - startMs);
      }
      assert.ok(unavailable > 0 && lastFailure >= 30, 'the kill was felt');
      assert.ok(longestMs < 2 * timeoutMs + 500, `an operation took ${Math.round(longestMs)} ms`);
      await enough(() => seen.some(([at]) => at === revision));
      abort.abort();
      await watching;
      const revisions = seen.map(([at]) => at);
      assert.equal(
        revisions,
        [...new Set(revisions)].sort((a, b) => a - b),
        'in order, none twice',
      );
      for (const [at, value] of seen) {
        assert.ok(sent.has(value), 'no change that nobody made');
        if (acked.has(at)) assert.is(acked.get(at), value);
      }
      // One message a key is kept: what was overwritten while the watch was away is folded, the end is not.
      assert.is(seen.at(-1)![0], revision);
      await cluster.restart(leader);
      await cluster.ready();
    } finally {
      await Promise.all(ports.map((one) => one.close()));
    }
  });
}

interface Acked {
  readonly sequence: number;
  readonly payload: string;
  readonly atMs: number;
}

/** Appends to one key against others until it is told to end; refused, it looks where the key stands. */
async function contend(
  journal: JournalPort,
  { writer, acked, isOver }: { writer: number; acked: Acked[]; isOver: () => boolean },
): Promise<void> {
  let at = 0;
  for (let n = 0; !isOver(); n++) {
    const payload = `${writer}:${n}`;
    try {
      at = await journal.append('k', [event(payload)], { expectedSequence: at });
      acked.push({ sequence: at, payload, atMs: performance.now() });
    } catch (error) {
      const { code } = error as WitanError;
      assert.ok(['stale_writer', 'unavailable'].includes(code), code);
      for await (const { sequence } of journal.read('k', at)) at = Math.max(at, sequence);
    }
  }
}

async function whereIs(kv: KvPort, fallback: number): Promise<number> {
  return kv.get('a').then(
    (entry) => entry?.revision ?? fallback,
    () => fallback,
  );
}

async function enough(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((done) => setTimeout(done, 10));
}

/** Result of the first try that a leader takes: copies may choose one anew while a server comes back. */
async function whenLed<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'unavailable') throw error;
      await new Promise((pause) => setTimeout(pause, 50));
    }
  }
}
