import fc from 'fast-check';
import { collect } from '../../../../test/conformance/fixture.ts';
import { decisionId, final, opened } from '../../../../test/conformance/ledger.ts';
import { assert, suite } from '../../../../test/harness.ts';
import type { LedgerEntryInput } from '../../../kernel/ports/ledger.ts';
import { MemoryKeys } from '../../keys/memory-keys.ts';
import { MemoryDisk } from '../memory-disk.ts';
import { openSegmentLedger, type SegmentLedger } from '../segment-ledger.ts';

const test = suite('columns of a log', { limitMs: 60_000 });
const clock = { monotonicMs: () => 0, wallMs: () => 1_800_000_000_000, setTimer: () => ({ cancel() {} }) };
const keys = new MemoryKeys({ clock, seed: 'columns' });
const event = (payload: unknown): LedgerEntryInput => ({ kind: 'event', tenant: 'acme', payload });

/** Opens by the columns whenever there is a mark. */
const open = (fs: MemoryDisk): Promise<SegmentLedger> =>
  openSegmentLedger({
    folder: '/log',
    logId: 'log',
    clock,
    keys,
    segmentBytes: 65_536,
    scanWholeBelow: 1,
    fs,
  });

/** A log of several segments, closed. */
async function grown(disk: MemoryDisk, count: number): Promise<{ texts: string[]; root: string }> {
  const ledger = await open(disk);
  for (let at = 0; at < count; at += 20) {
    const inputs = Array.from({ length: 20 }, (_, nth) => [opened(at + nth), final(at + nth)]).flat();
    await Promise.all(inputs.map((input) => ledger.append(input)));
  }
  const texts = (await collect(ledger.read(0))).map(({ canonical }) => canonical);
  const { root } = await ledger.checkpoint();
  await ledger.close();
  return { texts, root };
}

/** Reads of segments while `work` runs. */
async function segmentsRead<T>(disk: MemoryDisk, work: () => Promise<T>): Promise<[T, string[]]> {
  const from = disk.operations.length;
  const result = await work();
  const reads = disk.operations
    .slice(from)
    .filter(({ kind, path }) => kind === 'read' && path.endsWith('.seg'));
  return [result, [...new Set(reads.map(({ path }) => path))]];
}

test('a log that was closed is opened from its end, and is the same', async () => {
  const disk = new MemoryDisk();
  const before = await grown(disk, 600);
  const [ledger, read] = await segmentsRead(disk, () => open(disk));
  // The last one, and the one that is ready to follow it.
  assert.ok(read.length <= 2, read.join());
  assert.equal(
    (await collect(ledger.read(0))).map(({ canonical }) => canonical),
    before.texts,
  );
  assert.is((await ledger.checkpoint()).root, before.root);
  assert.equal(
    (await ledger.byDecision(decisionId(3))).map(({ index }) => index),
    [6, 7],
  );
  assert.not((await ledger.append(final(3, 'rejected'))).appended);
  assert.is((await ledger.append(event(1))).index, before.texts.length);
  await ledger.close();
});

test('after a crash what lies behind the last mark is read, whatever became of unsynced columns', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (coins) => {
      const disk = new MemoryDisk();
      const ledger = await open(disk);
      for (let at = 0; at < 700; at += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, nth) => ledger.append(opened(at + nth))));
      }
      const { root } = await ledger.checkpoint();
      const crashed = disk.crash(() => coins.next().value as boolean);
      await ledger.close();
      const after = await open(crashed);
      assert.is(after.size(), 700);
      assert.is((await after.checkpoint()).root, root);
      for (const index of [0, 255, 256, 699]) {
        assert.equal((await after.inclusion(index, 700)).length, (await after.proof(index)).inclusion.length);
        assert.is((await after.entry(index))!.index, index);
      }
      await after.close();
    }),
    { numRuns: 30 },
  );
});

test('columns that contradict the sealed head are made anew from the log', async () => {
  const disk = new MemoryDisk();
  const before = await grown(disk, 600);
  for (const name of ['hashes-0', 'hashes-1', 'rows', 'mark.json']) {
    const damaged = disk.copy();
    damaged.tamper(`/log/columns/${name}`, (bytes) => bytes.fill(0x31));
    const ledger = await open(damaged);
    assert.is(ledger.size(), before.texts.length, name);
    assert.is((await ledger.checkpoint()).root, before.root, name);
    const read = (await collect(ledger.read(0))).map(({ canonical }) => canonical);
    assert.equal(read, before.texts, name);
    await ledger.close();
  }
});

test('a disk that refuses the columns costs memory and no entry', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  disk.fault = ({ kind, path }) =>
    kind === 'write' && path.startsWith('/log/columns/') ? 'ENOSPC' : undefined;
  for (let at = 0; at < 3_000; at += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, nth) => ledger.append(event(at + nth))));
  }
  assert.equal((await ledger.entry(1))!.payload, 1);
  assert.equal((await ledger.entry(2_999))!.payload, 2_999);
  disk.fault = undefined;
  await ledger.append(event('last'));
  assert.is((await ledger.proof(17)).index, 17);
  await ledger.close();
  const again = await open(disk);
  assert.is(again.size(), 3_001);
  await again.close();
});
