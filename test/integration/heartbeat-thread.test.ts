/** A node's lease on a real server while its main loop is blocked, hung, or its process stopped. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { decodeMember } from '../../cluster/membership/member-key.ts';
import { memberKey } from '../../contracts/cluster-names.ts';
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import { HeartbeatThread } from '../../runtime/host/cluster/heartbeat-thread.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import { connectNats } from '../../transport/nats/connect-nats.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('heartbeat thread', { limitMs: 60_000 });
const KEY = memberKey('node-1', '00000000000000a1');

interface Seen {
  readonly record: MemberRecord;
  readonly revision: number;
  readonly atMs: number;
}

interface Rig {
  readonly kv: KvPort;
  readonly child: ChildProcess;
  /** Writes of the key so far, oldest first. */
  readonly writes: readonly Seen[];
  /** Resolves at the next write for which `check` holds, past ones included. */
  seen(check: (seen: Seen) => boolean): Promise<Seen>;
  /** Resolves when the child prints the line. */
  says(line: string): Promise<number>;
  tell(line: string): void;
}

if (NATS_MISSING) test.skip('a lease kept by a thread', NATS_MISSING);
else declare();

function declare(): void {
  let server: NatsServer;
  test.before(async () => void (server = await startNats()));
  test.after(() => server?.end());

  test('a main loop that is blocked for 3 s keeps its lease, and its lag shows', () =>
    withChild(server, 10_000, async ({ tell, says, seen, writes }) => {
      await seen(({ record }) => record.state === 'up' && record.load === 7);
      tell('block 3000');
      const blockedMs = await says('blocking');
      const freeMs = await says('unblocked');
      const during = writes.filter(({ atMs }) => atMs > blockedMs && atMs < freeMs);
      assert.ok(during.length >= 8, `${during.length} renewals while it was blocked`);
      const lags = during.map(({ record }) => record.lagMs);
      assert.equal(
        lags,
        [...lags].sort((a, b) => a - b),
        'the lag rises',
      );
      assert.ok(lags.at(-1)! > 2_000, `last lag ${lags.at(-1)}`);
      const { revision } = writes.at(-1)!;
      await seen((later) => later.revision > revision && later.record.lagMs < 500);
    }));

  test('a main loop that is later than hungMs is not renewed, and goes on as the same incarnation', () =>
    withChild(server, 800, async ({ tell, says, seen, writes }) => {
      await seen(({ record }) => record.state === 'up');
      tell('block 3000');
      const blockedMs = await says('blocking');
      const freeMs = await says('unblocked');
      const late = writes.filter(({ atMs }) => atMs > blockedMs + 1_800 && atMs < freeMs - 100);
      assert.equal(late, []);
      const { revision } = writes.at(-1)!;
      const back = await seen((later) => later.revision > revision);
      assert.is(back.record.incarnation, '00000000000000a1');
    }));

  test('the key of a stopped process stays as it is, and is renewed when it runs on', () =>
    withChild(server, 10_000, async ({ child, kv, seen, writes }) => {
      await seen(({ record }) => record.state === 'up');
      await stopped(child);
      // What it had sent before the signal may still be on its way: one round trip of ours is behind it.
      const { revision } = (await kv.get(KEY))!;
      await new Promise((done) => setTimeout(done, 1_500));
      assert.is((await kv.get(KEY))!.revision, revision);
      child.kill('SIGCONT');
      const later = await seen((write) => write.revision > revision);
      assert.is(later.record.incarnation, '00000000000000a1');
      assert.ok(writes.every(({ record }) => record.state !== 'gone'));
    }));

  test('stop removes the key', () =>
    withChild(server, 10_000, async ({ kv, tell, says, seen }) => {
      await seen(({ record }) => record.state === 'up');
      const ended = says('ended');
      tell('stop');
      await ended;
      assert.is(await kv.get(KEY), undefined);
    }));

  test('without a server it does not start, and leaves no thread behind', async () => {
    const identity = {
      node: 'node-2',
      incarnation: '00000000000000a2',
      protocol: { min: 1, max: 1 },
      version: '0',
      roles: [],
      labels: {},
    };
    const times = { beatMs: 200, leaseMs: 1_000, hungMs: 1_000 };
    const connect = { url: 'nats://127.0.0.1:1', name: 'node-2', connectTimeoutMs: 500 };
    await assertFails(
      () => HeartbeatThread.start({ connect, kv: { bucket: 'b' }, identity, times }),
      'unavailable',
    );
  });
}

let count = 0;

async function withChild(
  server: NatsServer,
  hungMs: number,
  body: (rig: Rig) => Promise<void>,
): Promise<void> {
  const bucket = `members${(count += 1)}`;
  const ports = await connectNats({ url: server.url, name: 'test' });
  const kv = await ports.openKv({ bucket });
  const file = join(import.meta.dirname, 'heartbeat-process.ts');
  const args = [...SOURCE_FLAGS, file, server.url, bucket, 'node-1', String(hungMs)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise((done) => child.once('exit', done));
  const listeners = new Set<() => void>();
  const writes: Seen[] = [];
  const lines: { readonly line: string; readonly atMs: number }[] = [];
  const abort = new AbortController();
  const watching = (async () => {
    for await (const { value, revision } of kv.watch(KEY, abort.signal)) {
      const record = value && decodeMember(KEY, value);
      if (record) writes.push({ record, revision, atMs: performance.now() });
      for (const listener of [...listeners]) listener();
    }
  })();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push({ line, atMs: performance.now() });
    for (const listener of [...listeners]) listener();
  });
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
    });
  try {
    await body({
      kv,
      child,
      writes,
      seen: (check) => until(() => writes.find(check)),
      says: (line) => {
        const from = lines.length;
        return until(() => lines.slice(from).find((said) => said.line === line)?.atMs);
      },
      tell: (line) => void child.stdin.write(`${line}\n`),
    });
  } finally {
    abort.abort();
    child.kill('SIGKILL');
    await Promise.all([watching, exited]);
    await ports.close();
  }
}

/** Stops a process and waits until it is. */
async function stopped(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP');
  while (!/^\d+ \(.*\) T/.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')))
    await new Promise((done) => setImmediate(done));
}
