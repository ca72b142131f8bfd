/** A batch is built while the one before it is synced: what that may change, and what not. */
import fc from 'fast-check';
import { assertFails, collect } from '../../../test/conformance/fixture.ts';
import { assert, suite } from '../../../test/harness.ts';
import { settle } from '../../../test/sim-time.ts';
import type { LedgerEntryInput } from '../../kernel/ports/ledger.ts';
import { MemoryKeys } from '../keys/memory-keys.ts';
import { readFrame } from './frame.ts';
import { MemoryDisk, type DiskFault, type DiskOperation } from './memory-disk.ts';
import { openSegmentLedger, type SegmentLedger } from './segment-ledger.ts';

const test = suite('segment ledger: overlapping batches', { limitMs: 60_000 });
const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000,
  setTimer: () => ({ cancel: () => {} }),
};
const keys = new MemoryKeys({ clock, seed: 'overlap' });
const event = (payload: unknown): LedgerEntryInput => ({ kind: 'event', tenant: 'acme', payload });
const isSegment = ({ path }: DiskOperation): boolean => /\/\d{10}\.seg$/.test(path);

const open = (fs: MemoryDisk): Promise<SegmentLedger> =>
  openSegmentLedger({ folder: '/log', logId: 'witan.example/log', clock, keys, segmentBytes: 65_536, fs });

/** A ledger whose first batch waits in its sync, and whose second is built; `end` says how that sync ends. */
async function twoBatches(): Promise<{
  disk: MemoryDisk;
  ledger: SegmentLedger;
  first: Promise<unknown>;
  second: Promise<unknown>;
  writes: () => number;
  end: (fault: DiskFault) => void;
}> {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  await ledger.append(event('before'));
  let end: (fault: DiskFault) => void = () => undefined;
  const held = new Promise<DiskFault>((resolve) => (end = resolve));
  let syncs = 0;
  disk.fault = (operation) => {
    if (operation.kind !== 'datasync' || !isSegment(operation)) return undefined;
    syncs += 1;
    return syncs === 1 ? held : undefined;
  };
  const writes = (): number =>
    disk.operations.filter((operation) => operation.kind === 'write' && isSegment(operation)).length;
  const before = writes();
  const first = ledger.append(event('first'));
  await settle();
  const second = ledger.append(event('second'));
  await settle();
  for (const append of [first, second]) append.catch(() => undefined);
  return { disk, ledger, first, second, writes: () => writes() - before, end };
}

test('it is written only when that sync has succeeded, and its frame says so', async () => {
  const { disk, ledger, first, second, writes, end } = await twoBatches();
  assert.is(writes(), 1);
  end(undefined);
  await Promise.all([first, second]);
  assert.is(writes(), 2);
  const bytes = Buffer.from(disk.bytes('/log/0000000000.seg'));
  const syncedSizes: number[] = [];
  for (let at = 64, frame = readFrame(bytes, at); typeof frame !== 'string'; frame = readFrame(bytes, at)) {
    syncedSizes.push(frame.syncedSize);
    at += frame.byteLength;
  }
  assert.equal(syncedSizes, [0, 1, 2]);
  await ledger.close();
  const again = await open(disk);
  assert.equal(
    (await collect(again.read(0))).map(({ payload }) => payload),
    ['before', 'first', 'second'],
  );
  await again.close();
});

test('when that sync fails it is not written, and nobody is told that it was', async () => {
  const { disk, ledger, first, second, writes, end } = await twoBatches();
  end('EIO');
  await assertFails(() => first, 'unavailable');
  await assertFails(() => second, 'storage_failed');
  assert.is(writes(), 1);
  assert.is(ledger.size(), 1);
  await ledger.close();
  const again = await open(disk);
  assert.ok(again.size() <= 2);
  await again.close();
});

test('when its own write is refused the log goes on with the next', async () => {
  const { disk, ledger, first, second, end } = await twoBatches();
  let isRefused = false;
  disk.fault = (operation) => {
    if (operation.kind !== 'write' || !isSegment(operation) || isRefused) return undefined;
    isRefused = true;
    return 'ENOSPC';
  };
  end(undefined);
  await first;
  await assertFails(() => second, 'storage_failed');
  await ledger.append(event('third'));
  await ledger.close();
  const again = await open(disk.crash(() => false));
  const entries = await collect(again.read(0));
  assert.equal(
    entries.map(({ index, payload }) => [index, payload]),
    [
      [0, 'before'],
      [1, 'first'],
      [2, 'third'],
    ],
  );
  await again.close();
});

test('a checkpoint of that moment covers what is durable, and no more', async () => {
  const { ledger, first, second, end } = await twoBatches();
  assert.is((await ledger.checkpoint()).size, 1);
  end(undefined);
  await Promise.all([first, second]);
  assert.is((await ledger.checkpoint()).size, 3);
  await ledger.close();
});

test('property: a power cut at any operation, with any sectors lost, keeps what was acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.infiniteStream(fc.boolean()),
      async (cutAt, kept) => {
        const disk = new MemoryDisk();
        const ledger = await open(disk);
        const acknowledged: unknown[] = [];
        let operations = 0;
        let after: { disk: MemoryDisk; acknowledged: unknown[] } | undefined;
        disk.fault = () => {
          operations += 1;
          // What is in force at this moment: later acknowledgements are of a machine that goes on.
          if (operations === cutAt) {
            after = { disk: disk.crash(() => kept.next().value as boolean), acknowledged: [...acknowledged] };
          }
          return undefined;
        };
        const writer = async (name: string): Promise<void> => {
          for (let at = 0; at < 6; at += 1) {
            const payload = `${name} ${at} ${'x'.repeat(3_000)}`;
            await ledger.append(event(payload));
            acknowledged.push(payload);
          }
        };
        const early = ['a', 'b'].map(writer);
        await settle();
        await Promise.all([...early, ...['c', 'd'].map(writer)]);
        await ledger.close();
        if (!after) return;
        const again = await open(after.disk);
        const payloads = (await collect(again.read(0))).map(({ payload }) => payload);
        for (const payload of after.acknowledged) assert.ok(payloads.includes(payload));
        await again.close();
      },
    ),
    { numRuns: 150 },
  );
});
