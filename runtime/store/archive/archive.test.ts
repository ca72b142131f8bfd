import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { fromHex, toHex } from '../../../contracts/ledger/bytes.ts';
import { SimClock } from '../../kernel/sim/sim-clock.ts';
import { MemoryKeys } from '../keys/memory-keys.ts';
import { MemoryLedger } from '../memory/memory-ledger.ts';
import { MemoryObjectStore } from '../memory/memory-object-store.ts';
import { nodeFileSystem } from '../segment/file-system.ts';
import { verifyLog } from '../segment/verify-log.ts';
import { archiveKeyIn, archiveSecret, memoryArchiveKey, rotateArchiveKey } from './archive-key.ts';
import type { ArchiveKey } from './archive-key.ts';
import { ARCHIVE_STEPS } from './archive-steps.ts';
import type { StepHook } from './archive-steps.ts';
import { ArchiveWriter } from './archive-writer.ts';
import { expireBatches } from './expire-batches.ts';
import { ARCHIVE_PURPOSE } from './manifest.ts';
import { verifyArchive } from './verify-archive.ts';
import type { ArchiveVerification } from './verify-archive.ts';
import { LogFilesWriter } from './write-log.ts';

const test = suite('archive', { limitMs: 30_000 });
const LOG = 'witan/test';
const LONG = 'the same words over and over in every event of the day, '.repeat(8);

interface Scene {
  readonly clock: SimClock;
  readonly ledger: MemoryLedger;
  readonly objects: MemoryObjectStore;
  readonly writer: ArchiveWriter;
  readonly key: ReturnType<typeof memoryArchiveKey>;
  append(count: number): Promise<void>;
  writerWith(key: ArchiveKey): ArchiveWriter;
  verify(key?: ArchiveKey): Promise<ArchiveVerification>;
}

async function scene(step?: StepHook, packMaxCount = 10, key = memoryArchiveKey()): Promise<Scene> {
  const clock = new SimClock();
  const keys = new MemoryKeys({ clock });
  const ledger = new MemoryLedger({ logId: LOG, clock, keys });
  const objects = new MemoryObjectStore(clock);
  const info = keys.active(ARCHIVE_PURPOSE);
  const { keyId, purpose, publicKey, state } = info;
  const payload = { keyId, purpose, publicKey: toHex(publicKey), state };
  await ledger.append({ kind: 'key', tenant: 'system', payload });
  const signer = () => ({ keyId, sign: (message: Uint8Array) => keys.sign(keyId, message) });
  const writerWith = (used: ArchiveKey, hook?: StepHook): ArchiveWriter =>
    new ArchiveWriter({
      objects,
      prefix: 'archive',
      source: ledger,
      key: used,
      signer,
      clock,
      packMaxCount,
      packBytes: 1_000_000,
      lockedUntil: (nowWallMs) => nowWallMs + 1_000_000,
      step: hook,
    });
  const pinned = {
    format: 'witan-verify-key/1' as const,
    logId: '',
    publicKeys: [toHex(keys.active('checkpoint').publicKey)],
  };
  return {
    clock,
    ledger,
    objects,
    writer: writerWith(key, step),
    writerWith,
    key,
    async append(count) {
      for (let at = 0; at < count; at += 1) {
        clock.advance(1_000);
        await ledger.append({
          kind: 'event',
          tenant: 'a',
          payload: { at, said: { text: LONG } },
        });
      }
    },
    verify: (used = key) =>
      verifyArchive({ objects, prefix: 'archive', pinned, secret: (keyId) => archiveSecret(used, keyId) }),
  };
}

async function keysOf(objects: MemoryObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list('')) keys.push(key);
  return keys;
}

test('batches and tails together give the log back, and a restored log verifies', async () => {
  const { append, writer, verify, ledger, objects, key } = await scene();
  await append(24);
  const first = (await writer.write('batch'))!;
  assert.is(first.packCount, 3);
  assert.is(first.endIndex, 25);
  assert.ok(first.savedLength > 20 * LONG.length, 'a text that is repeated is kept once');
  assert.is(await writer.write('batch'), undefined);
  await append(3);
  assert.is((await writer.write('tail'))!.firstIndex, 25);
  await append(2);
  assert.is((await writer.write('tail'))!.firstIndex, 28);
  const before = await verify();
  assert.ok(before.ok, JSON.stringify(before.damage));
  assert.is(before.size, 30);
  assert.is(before.manifestCount, 3);
  const second = (await writer.write('batch'))!;
  assert.is(second.firstIndex, 25);
  assert.is(second.removedCount, 2);
  assert.ok((await keysOf(objects)).every((name) => !name.includes('tail')));
  const folder = mkdtempSync(join(tmpdir(), 'witan-restore-'));
  try {
    const log = new LogFilesWriter({ fs: nodeFileSystem, folder, logId: LOG, segmentBytes: 65_536 });
    await log.begin();
    const { publicKeys } = { publicKeys: [before.checkpoint!.note] };
    assert.ok(publicKeys.length === 1);
    const pinned = pinnedOf(await ledger.proof(0));
    const options = { objects, prefix: 'archive', pinned, secret: key.secret };
    const read = await verifyArchive({ ...options, onEntry: (entry) => log.append(entry) });
    assert.ok(read.ok);
    await log.finish(read.checkpoint!.note);
    const logKeys = pinned.publicKeys.map((one) => ({ logId: LOG, publicKey: fromHex(one) }));
    const result = await verifyLog(folder, logKeys);
    assert.ok(result.ok, JSON.stringify(result.mismatch));
    assert.is(result.size, 30);
    assert.is(result.checkpointSize, 30);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function pinnedOf(proof: { keys: readonly { purpose: string; publicKey: string }[] }) {
  const publicKeys = proof.keys.filter((key) => key.purpose === 'checkpoint').map((key) => key.publicKey);
  return { format: 'witan-verify-key/1' as const, logId: LOG, publicKeys };
}

test('cut off before any step, the next run neither loses nor doubles an entry', async () => {
  for (const name of ARCHIVE_STEPS) {
    for (let nth = 1; nth <= 3; nth += 1) {
      let left = nth;
      let isArmed = false;
      const step: StepHook = (at) => {
        if (!isArmed || at !== name) return;
        left -= 1;
        if (left === 0) throw new Error('killed');
      };
      const { append, writer, verify, objects } = await scene(step);
      await append(12);
      await writer.write('tail');
      await append(13);
      await writer.write('tail');
      isArmed = true;
      const isCut = await writer.write('batch').then(
        () => false,
        () => true,
      );
      isArmed = false;
      await append(1);
      await writer.write('batch');
      const { ok, size, damage } = await verify();
      assert.ok(ok, `${name} ${nth}: ${JSON.stringify(damage)}`);
      assert.is(size, 27);
      const packs = (await keysOf(objects)).filter((key) => key.includes('/packs/'));
      const bound = isCut ? 5 : 4;
      assert.ok(packs.length <= bound, `${name} ${nth}: ${packs.length} packs`);
    }
  }
});

test('a flipped byte is named with its object and its offset', async () => {
  const { append, writer, verify, objects } = await scene();
  await append(24);
  await writer.write('batch');
  for (const part of ['/packs/', '/batches/']) {
    const name = (await keysOf(objects)).find((key) => key.includes(part))!;
    const bytes = objects.rawBytes(name)!;
    for (const at of [0, 50, bytes.length - 2]) {
      bytes[at]! ^= 4;
      const { ok, damage } = await verify();
      assert.is(ok, false);
      assert.is(damage!.object, name);
      if (part === '/packs/') assert.is(damage!.offset, at === 0 ? 0 : 40);
      bytes[at]! ^= 4;
    }
  }
  assert.ok((await verify()).ok);
});

test('in an object of many frames the offset is that of the damaged frame', async () => {
  const { writer, ledger, verify, objects } = await scene(undefined, 100);
  for (let at = 0; at < 40; at += 1) {
    // Nothing in it is repeated, so nothing of it is saved.
    const noise = Array.from({ length: 240 }, (_, nth) => hash('sha256', `${at} ${nth}`, 'base64')).join('');
    await ledger.append({ kind: 'event', tenant: 'a', payload: { noise } });
  }
  await writer.write('batch');
  const name = (await keysOf(objects)).find((key) => key.includes('/packs/'))!;
  const bytes = objects.rawBytes(name)!;
  assert.ok(bytes.length > 200_000);
  bytes[150_000]! ^= 1;
  const { damage } = await verify();
  assert.is(damage!.offset, 40 + 2 * 65_552);
});

test('missing, exchanged and recomputed objects are found', async () => {
  const { append, writer, verify, objects, key, ledger } = await scene();
  await append(24);
  await writer.write('batch');
  const [pack, other] = (await keysOf(objects)).filter((name) => name.includes('/packs/'));
  const [left, right] = [await objects.get(pack!), await objects.get(other!)];
  await objects.put(pack!, right, { overwrite: true });
  assert.is((await verify()).damage!.object, pack);
  await objects.put(pack!, left, { overwrite: true });
  assert.ok((await verify()).ok);
  await objects.delete(pack!);
  assert.is((await verify()).damage!.object, pack);
  await objects.put(pack!, left);
  const strange = await verifyArchive({
    objects,
    prefix: 'archive',
    pinned: { format: 'witan-verify-key/1', logId: LOG, publicKeys: ['00'.repeat(32)] },
    secret: key.secret,
  });
  assert.is(strange.ok, false);
  assert.match(strange.damage!.reason, /not signed by/);
  const wrongSecret = { ...pinnedOf(await ledger.proof(0)) };
  const unopened = await verifyArchive({
    objects,
    prefix: 'archive',
    pinned: wrongSecret,
    secret: memoryArchiveKey().secret,
  });
  assert.is(unopened.damage!.offset, 40);
});

test('a run that was cut off under one key is ended under the next, at each step, with every entry once', async () => {
  for (const cutAt of ARCHIVE_STEPS) {
    const folder = mkdtempSync(join(tmpdir(), 'witan-rotated-'));
    try {
      const first = archiveKeyIn(folder, undefined);
      let isArmed = false;
      const step: StepHook = (name) => {
        if (isArmed && name === cutAt) throw new Error(`crash at ${name}`);
      };
      const { append, writer, writerWith, verify, ledger } = await scene(step, 10, first);
      await append(20);
      await writer.write('batch');
      await append(5);
      await writer.write('tail');
      await append(15);
      isArmed = true;
      await writer.write('batch').then(
        () => assert.unreachable(`no crash at ${cutAt}`),
        () => undefined,
      );
      const next = rotateArchiveKey(folder, undefined);
      await writerWith(next).write('batch');
      await append(3);
      await writerWith(next).write('batch');
      const found = await verify(next);
      assert.ok(found.ok, `${cutAt}: ${JSON.stringify(found.damage)}`);
      assert.is(found.size, ledger.size(), cutAt);
      await assertFails(() => verify(first), 'permission_denied');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

test('another history of the same log is not written over this one', async () => {
  const { append, writer, objects, key, clock } = await scene();
  await append(5);
  await writer.write('batch');
  const keys = new MemoryKeys({ clock });
  const fork = new MemoryLedger({ logId: LOG, clock, keys });
  for (let at = 0; at < 9; at += 1) await fork.append({ kind: 'event', tenant: 'a', payload: { at } });
  const { keyId } = keys.active(ARCHIVE_PURPOSE);
  const signer = () => ({ keyId, sign: (message: Uint8Array) => keys.sign(keyId, message) });
  const limits = { packMaxCount: 10, packBytes: 1_000_000 };
  const other = new ArchiveWriter({
    objects,
    prefix: 'archive',
    source: fork,
    key,
    signer,
    clock,
    ...limits,
  });
  await assertFails(() => other.write('batch'), 'conflict');
});

test('batches are locked; a run that finds its packs from before makes their lock as long', async () => {
  const { append, writer, objects } = await scene();
  await append(3);
  const { manifest } = (await writer.write('batch'))!;
  const { versionId } = (await objects.head(manifest))!;
  await assertFails(() => objects.delete(manifest, { versionId }), 'permission_denied');
  const pack = (await keysOf(objects)).find((name) => name.includes('/packs/'))!;
  const info = (await objects.head(pack))!;
  await assertFails(() => objects.delete(pack, { versionId: info.versionId }), 'permission_denied');
});

test('nothing of an entry can be read from the stored bytes', async () => {
  const { append, writer, objects } = await scene();
  await append(3);
  await writer.write('batch');
  for (const name of await keysOf(objects)) {
    const text = Buffer.from(objects.rawBytes(name)!).toString('latin1');
    assert.not.match(text, 'the same words');
  }
});

test('what is past its retention goes from the start on, never under a lock or hold; the rest verifies', async () => {
  const { append, writer, objects, verify, clock, ledger } = await scene();
  for (let at = 0; at < 4; at += 1) {
    await append(7);
    await writer.write('batch');
  }
  const expire = () =>
    expireBatches({
      objects,
      prefix: 'archive',
      logId: LOG,
      nowWallMs: clock.wallMs(),
      retainedUntil: (storedAtWallMs) => storedAtWallMs + 500_000,
    });
  clock.advance(600_000);
  assert.is(await expire(), 0, 'locks last longer than the retention');
  clock.advance(600_000);
  const manifests = (await keysOf(objects)).filter((key) => key.includes('/batches/'));
  await objects.hold(manifests[1]!, true);
  assert.is(await expire(), 1, 'up to the one that is held');
  await objects.hold(manifests[1]!, false);
  await append(3);
  await writer.write('batch');
  assert.is(await expire(), 3, 'the newest ones stay');
  const { ok, damage, firstIndex, size } = await verify();
  assert.ok(ok, JSON.stringify(damage));
  assert.is(firstIndex, 29);
  assert.is(size, ledger.size());
  const name = (await keysOf(objects)).find((key) => key.includes('/packs/'))!;
  objects.rawBytes(name)![60]! ^= 1;
  assert.is((await verify()).damage!.object, name);
});
