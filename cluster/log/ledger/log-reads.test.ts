/** Reads of a copy while its end is cut away under them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { openSegmentReplica } from '../../../runtime/store/segment/replica/segment-replica.ts';
import { decisionId, final, opened } from '../../../test/conformance/ledger.ts';
import { assert, suite } from '../../../test/harness.ts';
import { LogReads } from './log-reads.ts';

const test = suite('reads of a copy', { limitMs: 30_000 });
const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000,
  setTimer: () => ({ cancel: () => {} }),
};

test('reads at every moment of a cut are answered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-reads-'));
  const keys = new MemoryKeys({ clock, seed: 'reads' });
  const open = () => openSegmentReplica({ folder, logId: 'l', clock, keys, segmentBytes: 65_536 });
  const written = await open();
  await written.startWriting(1, {
    maxBytes: 1_000_000,
    onWritten: () => undefined,
    beforeSign: () => Promise.resolve(),
  });
  for (let nth = 0; nth < 40; nth += 1) await written.local.append(opened(nth));
  await written.stopWriting();
  await written.close();
  // Opened again, so that what is read lies in files that the cut closes.
  const replica = await open();
  try {
    const reads = new LogReads(replica, () => 30);
    let isOver = false;
    const cut = replica.truncate(30).finally(() => (isOver = true));
    const answers: Promise<unknown>[] = [];
    const roots: Promise<string>[] = [];
    while (!isOver) {
      answers.push(reads.entry(answers.length % 30), reads.byDecision(decisionId(7)));
      roots.push(replica.root(30).catch(({ code }: { code: string }) => code));
      await new Promise((done) => setImmediate(done));
    }
    await cut;
    assert.ok((await Promise.all(answers)).every((answer) => answer !== undefined));
    const root = await replica.root(30);
    // Who asks the copy itself may have to ask again, and is told so.
    assert.equal(
      (await Promise.all(roots)).filter((one) => one !== root && one !== 'unavailable'),
      [],
    );
  } finally {
    await replica.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a read into which a cut falls goes on where it was; nothing acknowledged is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-reads-'));
  const keys = new MemoryKeys({ clock, seed: 'reads' });
  const replica = await openSegmentReplica({ folder, logId: 'l', clock, keys, segmentBytes: 65_536 });
  try {
    await replica.startWriting(1, {
      maxBytes: 1_000_000,
      onWritten: () => undefined,
      beforeSign: () => Promise.resolve(),
    });
    for (let nth = 0; nth < 300; nth += 1) await replica.local.append(opened(nth));
    await replica.local.append(final(7));
    await replica.stopWriting();
    const isWhole = (): boolean => {
      try {
        return replica.local.size() > 0;
      } catch {
        return false;
      }
    };
    const reads = new LogReads(replica, () => 300);
    const walk = reads.read(0);
    const seen = [(await walk.next()).value!.index];
    const cut = replica.truncate(300);
    while (isWhole()) await new Promise((done) => setImmediate(done));
    const during = reads.byDecision(decisionId(7));
    for await (const { index } of walk) seen.push(index);
    await cut;
    assert.equal(
      seen,
      Array.from({ length: 300 }, (_, index) => index),
    );
    assert.equal(
      (await during).entries.map(({ kind }) => kind),
      ['opened'],
    );
    assert.is((await reads.entry(299))?.index, 299);
    await replica.close();
    let code = '';
    await reads.entry(0).catch((error: { code: string }) => (code = error.code));
    assert.is(code, 'storage_failed');
  } finally {
    await replica.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
