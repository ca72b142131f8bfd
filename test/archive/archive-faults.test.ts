/** What breaks an archive or backup, caused: services that fail, full disks, an end at any step. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { toHex } from '../../contracts/ledger/bytes.ts';
import type { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import type { ObjectPort } from '../../runtime/kernel/ports/object.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { memoryArchiveKey } from '../../runtime/store/archive/archive-key.ts';
import { BACKUP_STEPS } from '../../runtime/store/archive/archive-steps.ts';
import type { StepHook } from '../../runtime/store/archive/archive-steps.ts';
import { ArchiveWriter } from '../../runtime/store/archive/archive-writer.ts';
import { ARCHIVE_PURPOSE } from '../../runtime/store/archive/manifest.ts';
import { verifyArchive } from '../../runtime/store/archive/verify-archive.ts';
import { BackupWriter } from '../../runtime/store/backup/backup-writer.ts';
import { restoreBackup } from '../../runtime/store/backup/restore-backup.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryLedger } from '../../runtime/store/memory/memory-ledger.ts';
import { FileObjectStore } from '../../runtime/store/objects/file-object-store.ts';
import { S3ObjectStore } from '../../runtime/store/objects/s3-object-store.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { startLocalS3 } from '../objects/local-s3.ts';

const test = suite('archive faults', { limitMs: 60_000 });
const LOG = 'witan/test';
const LIMITS = { packMaxCount: 10, packBytes: 1_000_000 };

/** A log in memory, with its keys on its record, and what signs and seals its archive. */
async function makeLog() {
  const clock = new SimClock();
  const keys = new MemoryKeys({ clock });
  const ledger = new MemoryLedger({ logId: LOG, clock, keys });
  const { keyId, purpose, publicKey, state } = keys.active(ARCHIVE_PURPOSE);
  const payload = { keyId, purpose, publicKey: toHex(publicKey), state };
  await ledger.append({ kind: 'key', tenant: 'system', payload });
  const append = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      clock.advance(1_000);
      await ledger.append({ kind: 'event', tenant: 'a', payload: { at: ledger.size() } });
    }
  };
  const pinned: PinnedKey = {
    format: 'witan-verify-key/1',
    logId: LOG,
    publicKeys: [toHex(keys.active('checkpoint').publicKey)],
  };
  const signer = () => ({ keyId, sign: (message: Uint8Array) => keys.sign(keyId, message) });
  const key = memoryArchiveKey();
  const parts = { prefix: 'archive', source: ledger, key, signer, clock, ...LIMITS };
  const verify = (objects: ObjectPort) =>
    verifyArchive({ objects, prefix: 'archive', pinned, secret: key.secret });
  return { clock, keys, ledger, append, pinned, key, parts, verify };
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-faults-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('an S3 service that fails in the middle costs a run, never an entry', async () => {
  const { clock, append, parts, verify } = await makeLog();
  const server = await startLocalS3(clock);
  const objects = new S3ObjectStore({
    bucket: 'b',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    clock,
    maxAttempts: 1,
  });
  let countdown = Infinity;
  const step: StepHook = () => {
    countdown -= 1;
    if (countdown === 0) server.fault = '500';
  };
  const writer = new ArchiveWriter({
    ...parts,
    objects,
    step,
    lockedUntil: (nowWallMs) => nowWallMs + 1_000_000,
  });
  try {
    await append(25);
    for (countdown = 1; countdown < 9; countdown += 1) {
      const at = countdown;
      await assertFails(() => writer.write('batch'), 'unavailable').catch((error: Error) => {
        throw new Error(`step ${at}: ${error.message}`);
      });
      server.fault = 'none';
      countdown = at;
    }
    countdown = Infinity;
    assert.is((await writer.write('batch'))?.endIndex ?? 26, 26);
    const { ok, size, damage } = await verify(objects);
    assert.ok(ok, JSON.stringify(damage));
    assert.is(size, 26);
    server.fault = 'truncate';
    await assertFails(() => verify(objects), 'unavailable');
  } finally {
    await objects.close();
    await server.close();
  }
});

test('an archive in s3rver comes back whole; a lock that it cannot keep is said, not dropped', async () => {
  await withFolder(async (directory) => {
    const buckets = [{ name: 'witan', configs: [] }];
    const options = { port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets: buckets };
    const server = new S3rver(options);
    const { port } = await server.run();
    const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
    const endpoint = `http://127.0.0.1:${port}`;
    const objects = new S3ObjectStore({ bucket: 'witan', endpoint, credentials, clock: new SystemClock() });
    try {
      const { append, parts, verify } = await makeLog();
      await append(25);
      const locked = new ArchiveWriter({ ...parts, objects, lockedUntil: () => Date.now() + 1_000_000 });
      await assertFails(() => locked.write('batch'), 'not_supported');
      const writer = new ArchiveWriter({ ...parts, objects });
      await writer.write('tail');
      await append(3);
      const { removedCount } = (await writer.write('batch'))!;
      assert.is(removedCount, 1);
      const { ok, size, damage } = await verify(objects);
      assert.ok(ok, JSON.stringify(damage));
      assert.is(size, 29);
    } finally {
      await objects.close();
      await server.close();
    }
  });
});

test('a full disk stores nothing half; with space again the archive goes on', async () => {
  await withFolder(async (folder) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const options = ['-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'tmpfs', disk];
    assert.is(spawnSync('mount', options).status, 0, 'this test mounts a small disk');
    try {
      const { append, parts, verify, clock } = await makeLog();
      const objects = new FileObjectStore({ folder: disk, clock });
      const writer = new ArchiveWriter({ ...parts, objects });
      await append(5);
      await writer.write('batch');
      await append(30);
      const ballast = join(disk, 'ballast');
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      await assertFails(() => writer.write('batch'), 'storage_failed');
      const left = (readdirSync(disk, { recursive: true }) as string[]).filter((name) =>
        name.endsWith('.tmp'),
      );
      assert.equal(left, []);
      const { ok, size } = await verify(objects);
      assert.ok(ok);
      assert.is(size, 6);
      truncateSync(ballast, 0);
      await writer.write('batch');
      assert.is((await verify(objects)).size, 36);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

test('a backup that ends before any step leaves the one before, and the next one takes up from there', async () => {
  for (const name of BACKUP_STEPS) {
    await withFolder(async (folder) => {
      const { append, parts, clock, key, keys, pinned } = await makeLog();
      const dataDir = join(folder, 'data');
      for (const [path, text] of [
        ['keys/a.key.json', 'one'],
        ['subject-keys/head.json', 'subjects one'],
        ['identity/x.json', 'x'],
      ]) {
        mkdirSync(join(dataDir, path!, '..'), { recursive: true });
        writeFileSync(join(dataDir, path!), text!);
      }
      writeFileSync(
        join(dataDir, 'verify-key.json'),
        JSON.stringify({ ...pinned, publicKeys: [toHex(keys.active('checkpoint').publicKey)] }),
      );
      const objects = new FileObjectStore({ folder: join(folder, 'store'), clock });
      let isArmed = false;
      const step: StepHook = (at) => {
        if (isArmed && at === name) throw new Error('killed');
      };
      const retention = { windowDays: 0, dailyDays: 0, weeklyDays: 0, monthlyMonths: 0, yearlyYears: 0 };
      const writer = new BackupWriter({ ...parts, objects, prefix: 'backup', dataDir, retention, step });
      await append(5);
      await writer.write('increment');
      await append(5);
      clock.advance(1_000);
      writeFileSync(join(dataDir, 'keys/a.key.json'), 'two');
      writeFileSync(join(dataDir, 'subject-keys/head.json'), 'subjects two');
      isArmed = true;
      let wasCut = true;
      await writer.write('increment').then(
        () => (wasCut = false),
        () => undefined,
      );
      isArmed = false;
      assert.ok(wasCut, `${name} was not reached`);
      const restore = (to: string) =>
        restoreBackup({ objects, prefix: 'backup', to: join(folder, to), key, segmentBytes: 65_536, pinned });
      const between = await restore('between');
      assert.ok(between.size >= 6, name);
      clock.advance(1_000);
      await append(1);
      await writer.write('increment');
      const after = await restore('after');
      assert.is(after.size, 12, name);
      const { readFileSync } = await import('node:fs');
      assert.is(readFileSync(join(folder, 'after/keys/a.key.json'), 'utf8'), 'two');
      assert.is(readFileSync(join(folder, 'after/subject-keys/head.json'), 'utf8'), 'subjects two');
    });
  }
});
