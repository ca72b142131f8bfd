/** Copies of a log: the same entries, nothing that does not follow, and cuts that a crash cannot spoil. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  chainNext,
  chainStart,
  entryCanonical,
  entryLeafHash,
  hashText,
} from '../../../../contracts/ledger/leaf.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { assertFails, collect } from '../../../../test/conformance/fixture.ts';
import { decisionId, final, opened } from '../../../../test/conformance/ledger.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { LedgerEntryInput, LedgerReceipt } from '../../../kernel/ports/ledger.ts';
import type { LogPosition, WrittenFrames } from '../../../kernel/ports/cluster/log-replica.ts';
import { MemoryKeys } from '../../keys/memory-keys.ts';
import { FRAME_HEADER_BYTES, sealFrame } from '../frame.ts';
import { MemoryDisk, type DiskOperation } from '../memory-disk.ts';
import { openSegmentReplica, type SegmentReplica } from './segment-replica.ts';

const test = suite('copies of a log', { limitMs: 60_000 });
const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000,
  setTimer: () => ({ cancel: () => {} }),
};
const keys = new MemoryKeys({ clock, seed: 'replica' });
let copies = 0;
const open = (fs: MemoryDisk, scanWholeBelow?: number): Promise<SegmentReplica> =>
  openSegmentReplica({
    folder: '/log',
    logId: 'witan.example/log',
    clock,
    keys,
    segmentBytes: 65_536,
    fs,
    ...(scanWholeBelow !== undefined && { scanWholeBelow }),
    newCopyId: () => (copies += 1).toString(16).padStart(16, '0'),
  });
const event = (payload: unknown): LedgerEntryInput => ({ kind: 'event', tenant: 'acme', payload });

interface Writing {
  readonly replica: SegmentReplica;
  readonly frames: WrittenFrames[];
  readonly signed: LogPosition[];
}

async function writing(
  disk = new MemoryDisk(),
  { generation = 1, maxBytes = 1_000_000 } = {},
): Promise<Writing> {
  const replica = await open(disk);
  const frames: WrittenFrames[] = [];
  const signed: LogPosition[] = [];
  await replica.startWriting(generation, {
    maxBytes,
    onWritten: (written) => frames.push(written),
    beforeSign: async (head) => void signed.push(head),
  });
  return { replica, frames, signed };
}

const appendMany = (replica: SegmentReplica, count: number, text = 'x'): Promise<LedgerReceipt[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => replica.local.append(event({ at, text }))));

async function feed(to: SegmentReplica, frames: readonly WrittenFrames[], generation = 1): Promise<void> {
  for (const run of frames) await to.ingest({ ...run, generation });
}

const texts = async (replica: SegmentReplica): Promise<string[]> =>
  (await collect(replica.local.read(0))).map(({ canonical }) => canonical);

test('frames are told of before the sync, and make the same log elsewhere, over many segments', async () => {
  const disk = new MemoryDisk();
  const { replica, frames } = await writing(disk);
  for (let turn = 0; turn < 8; turn += 1) await appendMany(replica, 20, 'y'.repeat(1_000));
  await replica.local.append(opened(1));
  await replica.local.append(final(1));
  const copyDisk = new MemoryDisk();
  const copy = await open(copyDisk);
  await feed(copy, frames);
  assert.is(copy.local.size(), 162);
  assert.is(await copy.root(162), await replica.root(162));
  assert.is(await copy.root(100), await replica.root(100));
  assert.equal(await texts(copy), await texts(replica));
  assert.equal(
    (await copy.local.byDecision(decisionId(1))).map(({ kind }) => kind),
    ['opened', 'final'],
  );
  assert.ok((await copyDisk.list('/log')).filter((name) => name.endsWith('.seg')).length > 2);
  // A power cut leaves all of it; so it does on the writer's disk.
  const after = await open(copyDisk.crash(() => false));
  assert.is(await after.root(162), await replica.root(162));
  assert.is(after.copy, copy.copy);
  await Promise.all([replica.close(), copy.close(), after.close()]);
});

test('a copy that lacks much is fed from the files of another', async () => {
  const { replica } = await writing();
  await appendMany(replica, 300, 'z'.repeat(500));
  const copy = await open(new MemoryDisk());
  let runs = 0;
  while (copy.local.size() < 300) {
    const run = await replica.frames(copy.local.size(), 20_000);
    assert.ok(run.bytes.length <= 20_000);
    await copy.ingest({ ...run, generation: 1, root: undefined });
    runs += 1;
  }
  assert.ok(runs >= 10);
  assert.is(await copy.root(300), await replica.root(300));
  await assertFails(() => replica.frames(300, 1), 'not_found');
  await Promise.all([replica.close(), copy.close()]);
});

test('a batch that is larger than asked for comes in runs of whole frames, the root with the last', async () => {
  const { replica, frames } = await writing(undefined, { maxBytes: 2_000 });
  await appendMany(replica, 30, 'w'.repeat(200));
  assert.ok(frames.length > 3);
  assert.ok(frames.every(({ bytes }) => bytes.length <= 2_000));
  assert.is(
    frames.reduce((sum, { count }) => sum + count, 0),
    30,
  );
  assert.ok(frames.at(-1)!.root !== undefined);
  const copy = await open(new MemoryDisk());
  await feed(copy, frames);
  assert.is(await copy.root(30), await replica.root(30));
  await Promise.all([replica.close(), copy.close()]);
});

test('what does not follow is refused and leaves the copy as it was', async () => {
  const { replica, frames } = await writing();
  await appendMany(replica, 3);
  await appendMany(replica, 2);
  const copy = await open(new MemoryDisk());
  const [first, second] = frames as [WrittenFrames, WrittenFrames];
  await assertFails(() => copy.ingest({ ...second, generation: 1 }), 'conflict');
  for (const at of [70, 100, 40, 14]) {
    const bytes = Uint8Array.from(first.bytes);
    bytes[at]! ^= 1;
    await assertFails(() => copy.ingest({ ...first, bytes, generation: 1 }), 'verification_failed');
  }
  await assertFails(
    () => copy.ingest({ ...first, root: 'ab'.repeat(32), generation: 1 }),
    'verification_failed',
  );
  await assertFails(() => copy.ingest({ ...first, count: 2, generation: 1 }), 'verification_failed');
  assert.is(copy.local.size(), 0);
  await copy.ingest({ ...first, generation: 1 });
  // Frames that come twice, or begin before the end, are taken from where the copy ends.
  await copy.ingest({ ...first, generation: 1 });
  const both = Buffer.concat([first.bytes, second.bytes]);
  await copy.ingest({ firstIndex: 0, count: 5, bytes: both, root: second.root, generation: 1 });
  assert.is(await copy.root(5), await replica.root(5));
  await Promise.all([replica.close(), copy.close()]);
});

test('frames of another history are refused by their chain', async () => {
  const one = await writing();
  const other = await writing();
  await appendMany(one.replica, 2, 'one');
  await appendMany(other.replica, 2, 'other');
  await appendMany(other.replica, 1, 'next');
  const copy = await open(new MemoryDisk());
  await feed(copy, one.frames);
  await assertFails(() => copy.ingest({ ...other.frames[1]!, generation: 1 }), 'verification_failed');
  await Promise.all([one.replica.close(), other.replica.close(), copy.close()]);
});

test('an older generation is refused, also after a restart', async () => {
  const { replica, frames } = await writing();
  await appendMany(replica, 2);
  const disk = new MemoryDisk();
  const copy = await open(disk);
  await copy.accept(7);
  await assertFails(() => copy.ingest({ ...frames[0]!, generation: 6 }), 'stale_writer');
  const again = await open(disk.crash(() => false));
  assert.is(again.generation, 7);
  await assertFails(() => again.accept(6), 'stale_writer');
  await assertFails(() => again.ingest({ ...frames[0]!, generation: 6 }), 'stale_writer');
  await assertFails(
    () => again.startWriting(6, { maxBytes: 1, onWritten: () => {}, beforeSign: async () => {} }),
    'stale_writer',
  );
  await again.ingest({ ...frames[0]!, generation: 7 });
  assert.is(again.local.size(), 2);
  await Promise.all([replica.close(), copy.close(), again.close()]);
});

test('a copy that follows takes no appends and signs nothing', async () => {
  const copy = await open(new MemoryDisk());
  await assertFails(() => copy.local.append(event(1)), 'unavailable');
  await assertFails(() => copy.local.checkpoint(), 'unavailable');
  await copy.close();
});

test('a head is kept when the copy holds it; what it covers is never cut', async () => {
  const { replica, frames, signed } = await writing();
  await appendMany(replica, 5);
  const checkpoint = await replica.local.checkpoint();
  assert.equal(signed, [{ size: 5, root: checkpoint.root }]);
  await appendMany(replica, 2);
  const disk = new MemoryDisk();
  const copy = await open(disk);
  await copy.keep(checkpoint);
  assert.is(copy.kept(), undefined);
  await feed(copy, frames);
  await assertFails(() => copy.keep({ ...checkpoint, root: 'cd'.repeat(32) }), 'verification_failed');
  await copy.keep(checkpoint);
  assert.is(copy.sealedSize(), 5);
  await assertFails(() => copy.truncate(4), 'verification_failed');
  await copy.truncate(5);
  assert.is(copy.local.size(), 5);
  const again = await open(disk.crash(() => false));
  assert.is(again.sealedSize(), 5);
  await assertFails(() => again.truncate(4), 'verification_failed');
  const proof = await copy.prove(2, checkpoint);
  assert.is(proof.index, 2);
  await Promise.all([replica.close(), copy.close(), again.close()]);
});

test('frames that were not synced when the power went are a torn tail, never damage', async () => {
  const { replica, frames } = await writing();
  // Batches of one: each frame says that those before it were synced, on the writer's disk.
  for (let at = 0; at < 12; at += 1) await appendMany(replica, 1, 'v'.repeat(300));
  const all = Buffer.concat(frames.map(({ bytes }) => bytes));
  for (let seed = 0; seed < 40; seed += 1) {
    const disk = new MemoryDisk();
    const copy = await open(disk);
    let isHeld = false;
    disk.fault = ({ kind }) => (kind === 'datasync' ? ((isHeld = true), new Promise(() => {})) : undefined);
    void copy.ingest({ firstIndex: 0, count: 12, bytes: all, root: undefined, generation: 1 });
    while (!isHeld) await new Promise<void>((done) => setImmediate(done));
    let sector = seed;
    const after = await open(
      disk.crash(() => (sector = (sector * 1_103_515_245 + 12_345) % 2_147_483_648) % 3 > 0),
    );
    const size = after.local.size();
    assert.is(await after.root(size), await replica.root(size));
    await after.close();
  }
  await replica.close();
});

/** Every operation of a cut is the last one in turn; what the power leaves must open as before or after the cut. */
async function crashAtEachStep(
  size: number,
  cutTo: number,
  keep: (sector: number) => boolean,
): Promise<number> {
  for (let crashAt = 0; ; crashAt += 1) {
    const disk = new MemoryDisk();
    const { replica } = await writing(disk);
    for (let at = 0; at < size; at += 10) await appendMany(replica, 10, 'u'.repeat(900));
    await replica.stopWriting();
    const before = await texts(replica);
    let operations = 0;
    let died: (() => void) | undefined;
    const dead = new Promise<void>((resolve) => (died = resolve));
    disk.fault = (operation: DiskOperation) => {
      if (operation.kind === 'read' || operation.kind === 'open') return undefined;
      if ((operations += 1) <= crashAt) return undefined;
      died!();
      return new Promise<undefined>(() => {});
    };
    const isDone = await Promise.race([replica.truncate(cutTo).then(() => true), dead.then(() => false)]);
    disk.fault = undefined;
    const after = disk.crash((_path, sector) => keep(sector));
    const again = await open(after);
    const found = await texts(again);
    const isCut = found.length === cutTo;
    assert.ok(isCut || (!isDone && found.length === size), `${found.length} entries after step ${crashAt}`);
    assert.equal(found, before.slice(0, found.length));
    // The log goes on from there, and what comes is not cut by a note from before.
    if (!isCut) await again.truncate(cutTo);
    await again.startWriting(2, { maxBytes: 1_000_000, onWritten: () => {}, beforeSign: async () => {} });
    await appendMany(again, 30, 't'.repeat(900));
    const last = await open(after.crash(() => false));
    assert.is(last.local.size(), cutTo + 30);
    await Promise.all([last.close(), again.close()]);
    if (isDone) return crashAt;
  }
}

for (const [name, cutTo] of [
  ['inside a segment', 95],
  ['over segments', 20],
  ['down to nothing', 0],
] as const) {
  test(`a cut ${name} survives a power cut at each of its steps`, async () => {
    for (const keep of [() => false, () => true, (sector: number) => sector % 2 === 0]) {
      const steps = await crashAtEachStep(160, cutTo, keep);
      assert.ok(steps >= 5, `${steps} steps`);
    }
  });
}

test('a cut at the very beginning of a segment leaves the one before it as the last', async () => {
  const disk = new MemoryDisk();
  const { replica } = await writing(disk);
  for (let at = 0; at < 160; at += 10) await appendMany(replica, 10, 'u'.repeat(900));
  await replica.stopWriting();
  const header = disk.bytes('/log/0000000001.seg');
  const firstIndex = Buffer.from(header).readUIntLE(18, 6);
  assert.ok(firstIndex > 0);
  await replica.truncate(firstIndex);
  assert.is(replica.local.size(), firstIndex);
  await replica.startWriting(2, { maxBytes: 1_000_000, onWritten: () => {}, beforeSign: async () => {} });
  await appendMany(replica, 80, 't'.repeat(900));
  const again = await open(disk.crash(() => false));
  assert.is(await again.root(firstIndex + 80), await replica.root(firstIndex + 80));
  await Promise.all([replica.close(), again.close()]);
});

test('a log that is opened by its columns is cut as one that is read as a whole', async () => {
  const disk = new MemoryDisk();
  const { replica } = await writing(disk);
  for (let at = 0; at < 160; at += 10) await appendMany(replica, 10, 'u'.repeat(900));
  await replica.close();
  const reopened = await open(disk, 10);
  await reopened.truncate(130);
  assert.is(reopened.local.size(), 130);
  await reopened.truncate(30);
  assert.is(await reopened.root(30), await replicaRoot(disk, 30));
  await reopened.close();
});

async function replicaRoot(disk: MemoryDisk, size: number): Promise<string> {
  const copy = await open(disk.copy());
  const root = await copy.root(size);
  await copy.close();
  return root;
}

/** A frame with a whole CRC that says what it is told to. */
function forged(
  chain: Uint8Array,
  text: string,
  fields: { index: number; follows: Uint8Array },
): WrittenFrames {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + Buffer.byteLength(text));
  bytes.write(text, FRAME_HEADER_BYTES);
  const leaf = entryLeafHash(text, sha256);
  const own = chain.length > 0 ? chain : chainNext(fields.follows, leaf, sha256);
  const length = bytes.length - FRAME_HEADER_BYTES;
  sealFrame(bytes, 0, { index: fields.index, generation: 1, syncedSize: 0, length, chain: own });
  return { firstIndex: 0, count: 1, bytes, root: undefined };
}

test('a frame with a whole CRC is still refused for a wrong chain, previous hash, index, kind, or length', async () => {
  const copy = await open(new MemoryDisk());
  const start = chainStart('witan.example/log', sha256);
  const header = { index: 0, atWallMs: 1, kind: 'event', tenant: 'acme', previous: hashText(start) } as const;
  const text = entryCanonical(header, '1');
  const none = new Uint8Array(0);
  const place = { index: 0, follows: start };
  const other = hashText(new Uint8Array(32));
  const wrong: [string, WrittenFrames][] = [
    ['chainHash', forged(new Uint8Array(32), text, place)],
    ['previous', forged(none, entryCanonical({ ...header, previous: other }, '1'), place)],
    ['index', forged(none, text, { ...place, index: 1 })],
    ['index', forged(none, entryCanonical({ ...header, index: 3 }, '1'), place)],
    ['index', forged(none, 'no entry', place)],
    ['kind', forged(none, entryCanonical({ ...header, kind: 'other' as 'event' }, '1'), place)],
  ];
  for (const [field, frames] of wrong) {
    const error = await assertFails(() => copy.ingest({ ...frames, generation: 1 }), 'verification_failed');
    assert.match(error.message, new RegExp(`: ${field}$`));
  }
  const tail = forged(none, text, place);
  const long = { ...tail, bytes: Buffer.concat([tail.bytes, Buffer.alloc(3)]), generation: 1 };
  assert.match((await assertFails(() => copy.ingest(long), 'verification_failed')).message, /length$/);
  assert.is(copy.local.size(), 0);
  await copy.ingest({ ...tail, generation: 1 });
  assert.is((await copy.local.entry(0))!.payload, 1);
  await copy.close();
});

test('on a thread and real files: written, told of, and fed to another copy', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-replica-'));
  try {
    const real = (name: string): Promise<SegmentReplica> =>
      openSegmentReplica({
        folder: join(folder, name),
        logId: 'witan.example/log',
        clock,
        keys,
        segmentBytes: 65_536,
        onThread: true,
      });
    const one = await real('one');
    const frames: WrittenFrames[] = [];
    await one.startWriting(3, {
      maxBytes: 20_000,
      onWritten: (run) => frames.push(run),
      beforeSign: async () => {},
    });
    for (let turn = 0; turn < 5; turn += 1) await appendMany(one, 60, 'r'.repeat(500));
    const checkpoint = await one.local.checkpoint();
    const two = await real('two');
    await feed(two, frames, 3);
    await two.keep(checkpoint);
    assert.is(await two.root(300), checkpoint.root);
    await one.stopWriting();
    await one.truncate(300);
    await two.close();
    const again = await real('two');
    assert.equal([again.local.size(), again.sealedSize(), again.copy === two.copy], [300, 300, true]);
    await Promise.all([one.close(), again.close()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
