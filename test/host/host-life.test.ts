import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { assert, suite } from '../harness.ts';
import { BENIGN, Gate, gatedSeat, startHost, withFolder } from './fixtures.ts';

const test = suite('host-life', { limitMs: 180_000 });
const inMemory = { dataDir: null, http: false } as const;

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );
}

test('nothing happens before start, and stop before start is final', async () => {
  const host = await createHost(inMemory);
  assert.is(host.status, 'created');
  assert.is(await codeOf(host.submit(BENIGN)), 'unavailable');
  await host.stop();
  assert.is(host.status, 'stopped');
  assert.is(await codeOf(host.start()), 'stopped');
});

test('two starts are one, two stops are one', async () => {
  const host = await createHost(inMemory);
  const [first, second] = [host.start(), host.start()];
  assert.is(first, second);
  await first;
  assert.is(host.status, 'ready');
  const [one, two] = [host.stop(), host.stop()];
  assert.is(one, two);
  await one;
  assert.is(host.status, 'stopped');
});

test('start and stop in any interleaving end stopped', async () => {
  for (let round = 0; round < 12; round += 1) {
    const host = await createHost(inMemory);
    const started = codeOf(host.start());
    for (let turn = 0; turn < round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([host.stop(), host.stop()]);
    assert.ok(['none', 'cancelled'].includes(await started));
    assert.is(host.status, 'stopped');
  }
});

test('an abort during the start gives it up; an abort later stops the node', async () => {
  const early = new AbortController();
  const first = await createHost(inMemory);
  const started = codeOf(first.start({ signal: early.signal }));
  early.abort();
  assert.is(await started, 'cancelled');
  await first.stop();
  const late = new AbortController();
  const second = await createHost(inMemory);
  await second.start({ signal: late.signal });
  late.abort();
  await second.stop();
  assert.is(second.status, 'stopped');
});

test('several nodes live in one process and know nothing of each other', async () => {
  const hosts = await Promise.all(
    [1, 2, 3].map((n) => startHost({ settings: { node: { name: `node-${n}` } } })),
  );
  const verdicts = await Promise.all(hosts.map((host) => host.submit({ ...BENIGN, idempotencyKey: 'same' })));
  assert.is(new Set(verdicts.map((verdict) => verdict.record.logId)).size, 3);
  await hosts[0]!.stop();
  assert.is((await hosts[1]!.submit(BENIGN)).body.outcome, 'approved');
  await Promise.all(hosts.map((host) => host.stop()));
});

test('a node leaves no listener, handle or output behind', async () => {
  const signals = ['SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection', 'exit'];
  const count = (): number[] => signals.map((signal) => process.listenerCount(signal));
  const before = count();
  const write = process.stdout.write;
  let written = 0;
  process.stdout.write = ((...args: Parameters<typeof write>) => {
    written += 1;
    return write.apply(process.stdout, args);
  }) as typeof write;
  try {
    await using host: Host = await startHost({ http: true, settings: { http: { port: 0 } } });
    await host.submit(BENIGN);
    assert.equal(count(), before);
  } finally {
    process.stdout.write = write;
  }
  assert.is(written, 0);
  // Handles close in a turn of the loop of their own.
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const open = process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind));
  // The harness's own time limit of this test is one of them.
  assert.ok(open.filter((kind) => kind.startsWith('TCP')).length === 0, open.join());
});

test('stop lets an open decision end, and refuses new ones meanwhile', async () => {
  const gate = new Gate();
  const host = await startHost({
    http: true,
    settings: { http: { port: 0 } },
    seatPlan: gatedSeat('wisdom', gate),
  });
  const { url } = host.address!;
  const verdict = host.submit(BENIGN);
  await gate.reached;
  const stopped = host.stop();
  assert.is(host.status, 'draining');
  // Readers are still answered, and a balancer learns that no work is wanted.
  assert.is((await fetch(`${url}/health`)).status, 200);
  assert.is((await fetch(`${url}/ready`)).status, 503);
  assert.is(await codeOf(host.submit(BENIGN)), 'unavailable');
  gate.open();
  assert.is((await verdict).body.outcome, 'approved');
  await stopped;
});

test('a restart finds what was decided, under the same key; a folder serves one node at a time', async () => {
  await withFolder(async (folder) => {
    const first = await startHost({ dataDir: folder });
    const verdict = await first.submit({ ...BENIGN, idempotencyKey: 'kept' });
    assert.is(JSON.parse(readFileSync(join(folder, 'node.json'), 'utf8')).url, null);
    const second = await createHost({ dataDir: folder, http: false });
    assert.is(await codeOf(second.start()), 'already_exists');
    assert.is(second.status, 'failed');
    const pinned = first.pinnedKey();
    await first.stop();
    assert.is(existsSync(join(folder, 'node.json')), false);
    const third = await startHost({ dataDir: folder });
    assert.equal(third.pinnedKey(), pinned);
    const again = await third.submit({ ...BENIGN, idempotencyKey: 'kept' });
    assert.equal(again.record.index, verdict.record.index);
    assert.is((await third.verify(verdict.body.decisionId)).ok, true);
    await third.stop();
  });
});

test('a wrong setting is refused by name before anything is opened', async () => {
  try {
    await createHost({ settings: { council: { thresholdBp: 10_001 } } });
    assert.unreachable();
  } catch (error) {
    const { code, details } = error as { code: string; details: { path: string } };
    assert.equal([code, details.path], ['config_invalid', 'council.thresholdBp']);
  }
});

test('a role that is not named starts none of its actors', async () => {
  const host = await startHost({ settings: { node: { roles: ['worker', 'ledger'] } } });
  const paths = host.inspect.tree().map((actor) => actor.path);
  assert.ok(paths.includes('/council/guardian'));
  assert.not.ok(paths.some((path) => path.startsWith('/platform')));
  assert.is(await codeOf(host.submit(BENIGN)), 'unavailable');
  await host.stop();
});
