import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertFails, collect } from '../../../../test/conformance/fixture.ts';
import { decisionId, final, opened } from '../../../../test/conformance/ledger.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { SystemClock } from '../../../kernel/index.ts';
import { MemoryKeys } from '../../keys/memory-keys.ts';
import { startThread } from '../../thread-entry.ts';
import { openSegmentLedger, type SegmentLedger } from '../segment-ledger.ts';
import { LogThread } from './log-thread.ts';
import { SOURCE_FLAGS } from '../../../../test/source-flags.ts';

const test = suite('log on a thread', { limitMs: 180_000 });
const clock = new SystemClock();
const keys = new MemoryKeys({ clock, seed: 'thread' });

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'witan-log-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const open = (folder: string, onThread: boolean): Promise<SegmentLedger> =>
  openSegmentLedger({ folder, logId: 'log', clock, keys, segmentBytes: 65_536, onThread });

test('a log written by a thread is the one that is written without', () =>
  inFolder(async (folder) => {
    const threaded = await open(folder, true);
    const receipts = await Promise.all(Array.from({ length: 500 }, (_, at) => threaded.append(opened(at))));
    assert.equal(
      receipts.map(({ index }) => index),
      Array.from({ length: 500 }, (_, at) => at),
    );
    const texts = (await collect(threaded.read(0))).map(({ canonical }) => canonical);
    assert.equal(
      receipts.map(({ entry }) => entry.canonical),
      texts,
    );
    const before = await threaded.checkpoint();
    await threaded.close();
    const plain = await open(folder, false);
    assert.equal(await plain.checkpoint(), before);
    assert.equal(
      (await collect(plain.read(0))).map(({ canonical }) => canonical),
      texts,
    );
    assert.not((await plain.append(opened(3))).appended);
    await plain.close();
  }));

test('when the thread ends, what was under way is unknown, and the log refuses more', () =>
  inFolder(async (folder) => {
    const ended: LogThread[] = [];
    const { append } = LogThread.prototype;
    // The thread ends as by a crash, just before the second batch: after it, a fast disk would be done first.
    LogThread.prototype.append = function (this: LogThread, batch) {
      ended.push(this);
      if (ended.length === 2) void this.kill();
      return append.call(this, batch);
    };
    try {
      const ledger = await open(folder, true);
      await ledger.append(opened(1));
      await assertFails(() => ledger.append(final(1)), 'unavailable');
      await assertFails(() => ledger.append(opened(2)), 'storage_failed');
      await assertFails(() => ledger.byDecision(decisionId(1)), 'unavailable');
      assert.is((await ledger.entry(0))!.kind, 'opened');
      await ledger.close();
    } finally {
      LogThread.prototype.append = append;
    }
    const again = await open(folder, true);
    assert.ok(again.size() >= 1);
    assert.ok((await again.append(final(1))).index >= 1);
    await again.close();
  }));

test('a program that has nothing left but to close its log ends well', () =>
  inFolder(async (folder) => {
    const program = `
      import { SystemClock } from './runtime/kernel/index.ts';
      import { MemoryKeys } from './runtime/store/keys/memory-keys.ts';
      import { openSegmentLedger } from './runtime/store/segment/segment-ledger.ts';
      const clock = new SystemClock();
      const keys = new MemoryKeys({ clock });
      const folder = process.env.FOLDER;
      const ledger = await openSegmentLedger({ folder, logId: 'log', clock, keys, onThread: true });
      await ledger.append({ kind: 'event', tenant: 'acme', payload: 1 });
      await ledger.close();
      console.log('closed');
    `;
    const node = [...SOURCE_FLAGS, '--input-type=module', '-e', program];
    const cwd = join(import.meta.dirname, '../../../..');
    const env = { ...process.env, FOLDER: folder };
    const { stdout } = await promisify(execFile)(process.execPath, node, { cwd, env });
    assert.is(stdout, 'closed\n');
  }));

test('a thread whose files cannot be opened says so', () =>
  inFolder(async (folder) => {
    const start = {
      size: 0,
      chain: new Uint8Array(32),
      peaks: [],
      segment: { number: 0, sizeBytes: 65_536, offset: 64, isFresh: true },
    };
    const workerData = { folder, segmentBytes: 65_536, start };
    const thread = new LogThread(startThread('log-worker', import.meta.url, { workerData }));
    let message = '';
    await thread.ready.catch((error: Error) => (message = error.message));
    assert.match(message, /head of the log is damaged/);
    await thread.kill();
  }));
