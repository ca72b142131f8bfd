import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { decisionId, final, opened } from '../../../test/conformance/ledger.ts';
import type { LogKey } from '../../../contracts/ledger/checkpoint.ts';
import { MemoryKeys } from '../keys/memory-keys.ts';
import { readFrame, sealFrame, type Frame } from './frame.ts';
import { MemoryDisk } from './memory-disk.ts';
import { openSegmentLedger, type SegmentLedger } from './segment-ledger.ts';
import { verifyLog } from './verify-log.ts';

const test = suite('verification of a whole log', { limitMs: 30_000 });
const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000,
  setTimer: () => ({ cancel: () => {} }),
};
const logId = 'witan.example/log';
const keys = new MemoryKeys({ clock, seed: 'verify' });
const pinned: LogKey[] = [{ logId, publicKey: keys.active('checkpoint').publicKey }];
const SEGMENT = '/log/0000000000.seg';

const open = (fs: MemoryDisk, signer = keys): Promise<SegmentLedger> =>
  openSegmentLedger({ folder: '/log', logId, clock, keys: signer, segmentBytes: 65_536, fs });

/** Log of `count` decisions, each opened and ended, closed. */
async function closedLog(count: number, signer = keys): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const ledger = await open(disk, signer);
  for (let at = 0; at < count; at += 1) {
    await ledger.append(opened(at));
    await ledger.append(final(at));
  }
  await ledger.close();
  return disk;
}

/** Offsets of the frames in the first segment. */
function framesOf(disk: MemoryDisk): number[] {
  const bytes = Buffer.from(disk.bytes(SEGMENT));
  const offsets: number[] = [];
  for (let at = 64; ;) {
    const frame = readFrame(bytes, at);
    if (typeof frame === 'string') return offsets;
    offsets.push(at);
    at += frame.byteLength;
  }
}

test('a log that nobody touched verifies, over several segments', async () => {
  const disk = await closedLog(150);
  const verified = await verifyLog('/log', pinned, disk);
  assert.is(verified.mismatch, null);
  assert.ok(verified.ok);
  assert.is(verified.size, 300);
  assert.is(verified.checkpointSize, 300);
  assert.equal(verified.checked, ['head', 'checkpoint', 'signature', 'root', 'chain', 'sealed-head']);
  assert.ok((await disk.list('/log')).includes('0000000001.seg'));
});

test('a log that is open verifies while it grows', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  const growing = Promise.all(Array.from({ length: 200 }, (_, at) => ledger.append(opened(at))));
  for (let times = 0; times < 5; times += 1) assert.ok((await verifyLog('/log', pinned, disk)).ok);
  await growing;
  await ledger.checkpoint();
  assert.ok((await verifyLog('/log', pinned, disk)).ok);
  await ledger.close();
});

test('one changed byte anywhere in a record names the record', async () => {
  const disk = await closedLog(4);
  const offsets = framesOf(disk);
  for (const [index, offset] of offsets.entries()) {
    const { byteLength } = readFrame(Buffer.from(disk.bytes(SEGMENT)), offset) as Frame;
    for (const inside of [0, 4, 8, 12, 18, 24, 31, 62, 63, 64, 100, 200, byteLength - 1]) {
      const broken = disk.copy();
      broken.tamper(SEGMENT, (bytes) => void (bytes[offset + inside] = bytes[offset + inside]! ^ 0x01));
      const verified = await verifyLog('/log', pinned, broken);
      assert.not.ok(verified.ok, `${index} at ${inside}`);
      assert.is(verified.broken?.index, index, `${index} at ${inside}`);
      // Damage to the length or to the id itself, which stands in these bytes, hides the id.
      const hidesId = inside === 4 || (inside >= 64 && inside < 140);
      if (!hidesId)
        assert.is(verified.broken?.decisionId, decisionId(Math.floor(index / 2)), `${index} at ${inside}`);
    }
  }
});

test('a record changed with its checksum made to fit is found by its hash', async () => {
  const disk = await closedLog(3);
  const offset = framesOf(disk)[2]!;
  disk.tamper(SEGMENT, (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const frame = readFrame(buffer, offset);
    if (typeof frame === 'string') throw new Error(frame);
    const { index, generation, syncedSize, chain } = frame;
    const at = buffer.indexOf('"tenant":"acme"', offset);
    buffer.write('"tenant":"evil"', at);
    sealFrame(buffer, offset, {
      index,
      generation,
      syncedSize,
      length: frame.text.length,
      chain: new Uint8Array(chain),
    });
  });
  const verified = await verifyLog('/log', pinned, disk);
  assert.equal([verified.broken?.index, verified.broken?.field], [2, 'chainHash']);
});

test('a log recomputed from end to end is consistent and fails at the signature', async () => {
  const other = new MemoryKeys({ clock, seed: 'somebody else' });
  const forged = await closedLog(3, other);
  const verified = await verifyLog('/log', pinned, forged);
  assert.not.ok(verified.ok);
  assert.is(verified.broken, null);
  assert.is(verified.mismatch?.check, 'signature');
  assert.is(verified.mismatch?.field, 'checkpoint.note');
});

test('a log recomputed behind a genuine checkpoint fails at the root', async () => {
  const genuine = await closedLog(3);
  const disk = new MemoryDisk();
  const ledger = await open(disk, new MemoryKeys({ clock, seed: 'somebody else' }));
  for (let at = 0; at < 6; at += 1) await ledger.append(opened(at, 'f'));
  await ledger.close();
  disk.tamper('/log/checkpoint', () => undefined);
  const note = Buffer.from(genuine.bytes('/log/checkpoint')).toString();
  await disk.replaceText('/log/checkpoint', note, { durable: true });
  const verified = await verifyLog('/log', pinned, disk);
  assert.is(verified.mismatch?.check, 'root');
});

test('records cut off from the end are missing by index', async () => {
  const disk = await closedLog(3);
  const offset = framesOf(disk)[4]!;
  disk.tamper(SEGMENT, (bytes) => void bytes.fill(0, offset));
  const verified = await verifyLog('/log', pinned, disk);
  assert.equal([verified.broken?.index, verified.broken?.field], [4, 'missing']);
});

test('an unfinished write after the last record is a torn tail, and no damage', async () => {
  const disk = await closedLog(2);
  const offsets = framesOf(disk);
  disk.tamper(SEGMENT, (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const last = readFrame(buffer, offsets.at(-1)!);
    if (typeof last === 'string') throw new Error(last);
    buffer.copy(buffer, offsets.at(-1)! + last.byteLength, offsets[0], offsets[0]! + 100);
  });
  const verified = await verifyLog('/log', pinned, disk);
  assert.ok(verified.ok, JSON.stringify(verified));
  assert.ok(verified.hasTornTail);
  const ledger = await open(disk);
  assert.ok(ledger.isTailCut);
  assert.is(ledger.size(), 4);
  await ledger.close();
  assert.not.ok((await verifyLog('/log', pinned, disk)).hasTornTail);
});

test('nothing pinned, another name pinned, no checkpoint, no log', async () => {
  const disk = await closedLog(1);
  assert.is((await verifyLog('/log', [], disk)).mismatch?.check, 'signature');
  const elsewhere = [{ ...pinned[0]!, logId: 'witan.example/other' }];
  assert.is((await verifyLog('/log', elsewhere, disk)).mismatch?.check, 'signature');
  await disk.remove('/log/checkpoint');
  assert.is((await verifyLog('/log', pinned, disk)).mismatch?.check, 'checkpoint');
  await assertFails(() => verifyLog('/log', pinned, new MemoryDisk()), 'not_found');
});

test('after rotation of the checkpoint key both keys are pinned', async () => {
  const own = new MemoryKeys({ clock, seed: 'rotating' });
  const first = own.active('checkpoint');
  const disk = await closedLog(1, own);
  const second = await own.rotate('checkpoint', 'yearly');
  await (await open(disk, own)).close();
  const keyOf = (publicKey: Uint8Array): LogKey => ({ logId, publicKey });
  assert.ok((await verifyLog('/log', [keyOf(first.publicKey), keyOf(second.publicKey)], disk)).ok);
  assert.is((await verifyLog('/log', [keyOf(first.publicKey)], disk)).mismatch?.check, 'signature');
});
