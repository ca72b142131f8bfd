import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { createHost } from '../../../index.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { assert, suite } from '../../../test/harness.ts';
import { SystemClock } from '../../kernel/system-clock.ts';
import { FRAME_HEADER_BYTES, FRAME_MAGIC, readFrame } from '../../store/segment/frame.ts';
import { openSegmentLedger } from '../../store/segment/segment-ledger.ts';
import { MemoryKeys } from '../../store/keys/memory-keys.ts';
import { checkLogFolder } from './check-log-folder.ts';

const test = suite('check of a whole log (fsck)', { limitMs: 180_000 });
const SEGMENT_BYTES = 65_536;
const ENTRY_COUNT = 200;
let root = '';
let pinned: PinnedKey;
let made = 0;

test.before(async () => {
  root = mkdtempSync(join(tmpdir(), 'witan-fsck-'));
  const keys = new MemoryKeys({ clock: new SystemClock(), seed: 'fsck' });
  const options = { folder: join(root, 'whole'), logId: 'witan/fsck', keys, clock: new SystemClock() };
  const ledger = await openSegmentLedger({ ...options, segmentBytes: SEGMENT_BYTES });
  for (let at = 0; at < ENTRY_COUNT; at += 1) {
    const payload = { at, text: 'x'.repeat(900) };
    await ledger.append({ kind: 'event', tenant: 'local', payload });
  }
  await ledger.close();
  const publicKeys = [toHex(keys.active('checkpoint').publicKey)];
  pinned = { format: 'witan-verify-key/1', logId: 'witan/fsck', publicKeys };
});
test.after(() => rmSync(root, { recursive: true, force: true }));

/** A copy of the whole log that `change` may damage. */
function damaged(change: (file: (segment: number) => string, folder: string) => void): string {
  const folder = join(root, `damaged-${(made += 1)}`);
  cpSync(join(root, 'whole'), folder, { recursive: true });
  change((segment) => join(folder, `${String(segment).padStart(10, '0')}.seg`), folder);
  return folder;
}

/** Places of the frames in a segment's bytes. */
function framesIn(bytes: Buffer): { at: number; length: number; index: number }[] {
  const found: { at: number; length: number; index: number }[] = [];
  for (let at = 64; at < bytes.length;) {
    const frame = readFrame(bytes, at);
    if (typeof frame === 'string') break;
    found.push({ at, length: frame.byteLength, index: frame.index });
    at += frame.byteLength;
  }
  return found;
}

function edit(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

test('a whole log is whole, by its own key alone, and progress reaches the end', async () => {
  const shares: number[] = [];
  const folder = join(root, 'whole');
  const check = await checkLogFolder(folder, { pinned, onProgress: (share) => void shares.push(share) });
  assert.equal(check.damages, []);
  assert.ok(check.ok);
  assert.equal([check.size, check.checkpointSize, check.hasTornTail], [ENTRY_COUNT, ENTRY_COUNT, false]);
  assert.ok(shares.at(-1)! >= 0.99, `${shares.at(-1)}`);
  const other = { ...pinned, publicKeys: ['ab'.repeat(32)] };
  const refused = await checkLogFolder(folder, { pinned: other });
  assert.equal(
    refused.damages.map(({ field }) => field),
    ['checkpoint.note'],
  );
  await assertFails(() => checkLogFolder(root, { pinned }), 'not_found');
  const abort = AbortSignal.abort();
  await assertFails(() => checkLogFolder(folder, { pinned, signal: abort }), 'cancelled');
});

test('two flipped bits in two segments: both entries are named with segment and offset', async () => {
  const places: { segment: number; offset: number; index: number }[] = [];
  const folder = damaged((file) => {
    for (const segment of [0, 2]) {
      edit(file(segment), (bytes) => {
        const { at, index } = framesIn(bytes)[3]!;
        bytes[at + FRAME_HEADER_BYTES + 300]! ^= 1;
        places.push({ segment, offset: at, index });
      });
    }
  });
  const { ok, damages } = await checkLogFolder(folder, { pinned });
  assert.not.ok(ok);
  assert.equal(
    damages.map(({ field, segment, offset, index }) => ({ field, segment, offset, index })),
    places.map((place) => ({ field: 'bytes', ...place })),
  );
  assert.match(damages[0]!.meaning, /can no longer be relied on/);
});

test('an edit whose checksum was corrected is told by the hash chain', async () => {
  let index = -1;
  const folder = damaged((file) => {
    edit(file(1), (bytes) => {
      const frame = framesIn(bytes)[5]!;
      index = frame.index;
      bytes.write(
        'y',
        frame.at + FRAME_HEADER_BYTES + bytes.subarray(frame.at + FRAME_HEADER_BYTES).indexOf('xxx'),
      );
      bytes.writeUInt32LE(crc32(bytes.subarray(frame.at + 12, frame.at + frame.length)), frame.at + 8);
    });
  });
  const { damages } = await checkLogFolder(folder, { pinned });
  assert.equal(
    damages.map(({ field, index: at }) => [field, at]),
    [['chainHash', index]],
  );
});

test('two entries that changed places, and one that was taken out, are named', async () => {
  const swapped = damaged((file) => {
    edit(file(0), (bytes) => {
      const frames = framesIn(bytes);
      const [left, right] = [frames[10]!, frames[11]!];
      const [one, two] = [left, right].map(({ at, length }) => Buffer.from(bytes.subarray(at, at + length)));
      two!.copy(bytes, left.at);
      one!.copy(bytes, left.at + right.length);
    });
  });
  const moved = await checkLogFolder(swapped, { pinned });
  assert.ok(moved.damages.some(({ field, index }) => field === 'index' && index === 10));
  const without = damaged((file) => {
    edit(file(0), (bytes) => {
      const frames = framesIn(bytes);
      const { at, length } = frames[10]!;
      const end = frames.at(-1)!.at + frames.at(-1)!.length;
      bytes.copyWithin(at, at + length, end);
      bytes.fill(0, end - length, end);
    });
  });
  const taken = await checkLogFolder(without, { pinned });
  assert.equal(taken.damages[0] && [taken.damages[0].field, taken.damages[0].index], ['missing', 10]);
});

test('a wiped header, a cut file, a missing segment', async () => {
  const wiped = await checkLogFolder(
    damaged((file) =>
      edit(file(1), (bytes) => void bytes.fill(0, framesIn(bytes)[2]!.at, framesIn(bytes)[2]!.at + 64)),
    ),
    { pinned },
  );
  assert.is(wiped.damages[0]!.field, 'frame');
  assert.is(wiped.damages[0]!.segment, 1);
  const cut = await checkLogFolder(
    damaged((file) => {
      const { at } = framesIn(readFileSync(file(1)))[4]!;
      truncateSync(file(1), at + 100);
    }),
    { pinned },
  );
  assert.equal(
    cut.damages.slice(0, 1).map(({ field, segment }) => [field, segment]),
    [['frame-length', 1]],
  );
  assert.ok(cut.damages.some(({ field, segment }) => field === 'missing' && segment === 2));
  const gone = await checkLogFolder(
    damaged((file) => rmSync(file(1))),
    { pinned },
  );
  assert.ok(gone.damages.some(({ field, segment }) => field === 'segment-header' && segment === 2));
});

test('a torn end is no damage unless it was acknowledged', async () => {
  const torn = damaged((file) => {
    const last = [0, 1, 2, 3, 4, 5, 6].findLast((segment) => {
      try {
        return framesIn(readFileSync(file(segment))).length > 0;
      } catch {
        return false;
      }
    })!;
    edit(file(last), (bytes) => {
      const frames = framesIn(bytes);
      const end = frames.at(-1)!.at + frames.at(-1)!.length;
      FRAME_MAGIC.copy(bytes, end);
      bytes.write('half an entry', end + 20);
    });
  });
  const check = await checkLogFolder(torn, { pinned });
  assert.ok(check.ok);
  assert.ok(check.hasTornTail);
});

test('a checkpoint or head that is gone, and a published checkpoint of another history', async () => {
  const noNote = await checkLogFolder(
    damaged((_file, folder) => rmSync(join(folder, 'checkpoint'))),
    { pinned },
  );
  assert.equal(
    noNote.damages.map(({ field, segment }) => [field, segment]),
    [['checkpoint', null]],
  );
  const noHead = await checkLogFolder(
    damaged((_file, folder) => edit(join(folder, 'head'), (bytes) => void bytes.fill(1))),
    { pinned },
  );
  assert.is(noHead.damages[0]!.field, 'head');
  const garbage = damaged((_file, folder) => appendFileSync(join(folder, 'checkpoint'), 'more\n'));
  assert.not.ok((await checkLogFolder(garbage, { pinned })).ok);
});

test('deep: a ballot that was changed, the log recomputed and signed anew, is found by its signature', async () => {
  const dataDir = join(root, 'node');
  const host = await createHost({ dataDir, http: false });
  await host.start();
  await host.submit({ type: 'chat', text: 'How long does a loaf bake?', council: 'always' });
  const key = host.pinnedKey();
  await host.stop();
  const whole = await checkLogFolder(dataDir, { pinned: key, isDeep: true });
  assert.equal(whole.damages, []);
  assert.ok(whole.ballotCount >= 12);
  assert.ok(whole.checked.includes('tallies'));

  const folder = join(root, 'recomputed');
  const keys = new MemoryKeys({ clock: new SystemClock(), seed: 'operator' });
  const ledger = await openSegmentLedger({ folder, logId: key.logId, keys, clock: new SystemClock() });
  const source = await openSegmentLedger({
    folder: join(dataDir, 'log'),
    logId: key.logId,
    keys,
    clock: new SystemClock(),
  });
  for await (const { kind, tenant, decisionId, payload } of source.read(0)) {
    const copy = structuredClone(payload) as { ballots?: { body: { scoreBp: number } }[] };
    if (kind === 'final') copy.ballots![3]!.body.scoreBp -= 1;
    await ledger.append({ kind, tenant, payload: copy, ...(decisionId !== undefined && { decisionId }) });
  }
  await source.close();
  await ledger.close();
  const own = { ...key, publicKeys: [toHex(keys.active('checkpoint').publicKey)] };
  assert.ok((await checkLogFolder(folder, { pinned: own })).ok, 'all else holds');
  const deep = await checkLogFolder(folder, { pinned: own, isDeep: true });
  assert.equal(deep.damages.length, 1);
  assert.match(deep.damages[0]!.meaning, /ballot or the verdict does not verify/);
  assert.match(deep.damages[0]!.decisionId!, /^d[0-9a-f]{32}$/);
});
