/** A node is backed up while it runs, restored to a time, started again; what was erased stays erased. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, loadSettings, verifyLogFolder } from '../../index.ts';
import type { Host, Settings } from '../../index.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { createBackup, listBackups, restoreBackupAt } from '../../runtime/host/archive/backup-tools.ts';
import { rebuildIndex } from '../../runtime/host/archive/rebuild-index.ts';
import { FileSubjectKeyStore } from '../../runtime/store/crypto/subjects/file-subject-key-store.ts';
import { assert, suite } from '../harness.ts';
import { assertFails } from '../conformance/fixture.ts';

const test = suite('backup', { limitMs: 180_000 });
const REQUEST = { type: 'chat', text: 'What is the capital of Portugal?', council: 'always' };

interface Scene {
  readonly folder: string;
  readonly dataDir: string;
  readonly address: string;
  readonly settings: Settings;
  start(dataDir?: string): Promise<Host>;
  backup(label?: string): ReturnType<typeof createBackup>;
  restore(to: string, atWallMs?: number): ReturnType<typeof restoreBackupAt>;
}

async function withScene(use: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-backup-'));
  const dataDir = join(folder, 'data');
  const address = join(folder, 'store');
  const given = { archive: { enabled: false }, record: { segmentBytes: 1_048_576 } };
  const { settings } = loadSettings({ code: given, env: {} });
  const running: Host[] = [];
  const keyFile = join(folder, 'archive-key.json');
  try {
    await use({
      folder,
      dataDir,
      address,
      settings,
      async start(at = dataDir) {
        const host = await createHost({ dataDir: at, http: false, settings: given });
        running.push(host);
        await host.start();
        cpSync(join(at, 'keys', 'archive-key.json'), keyFile);
        return host;
      },
      backup: (label = 'test') => createBackup({ settings, dataDir, address, prefix: 'backup', label }),
      restore: (to, atWallMs) =>
        restoreBackupAt({ settings, address, prefix: 'backup', to: join(folder, to), atWallMs, keyFile }),
    });
  } finally {
    for (const host of running) await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function assertVerifies(dataDir: string): Promise<number> {
  const pinned = PinnedKey.parse(JSON.parse(readFileSync(join(dataDir, 'verify-key.json'), 'utf8')));
  const result = await verifyLogFolder(dataDir, pinned);
  assert.ok(result.ok, JSON.stringify(result.mismatch));
  return result.size;
}

test('a backup of a running node restores to a folder on which a node starts, with all its decisions', async () => {
  await withScene(async ({ dataDir, start, backup, restore, folder }) => {
    const host = await start();
    const verdict = await host.submit(REQUEST);
    // A node that runs signs its head within a moment; what was decided is under it once it has stopped.
    await host.stop();
    const made = await backup('before the upgrade');
    assert.ok(made.logSize > 0 && made.fileCount >= 15, JSON.stringify(made));
    const beganMs = new SystemClock().monotonicMs();
    const report = await restore('restored');
    const tookMs = new SystemClock().monotonicMs() - beganMs;
    assert.ok(tookMs < 60_000, `${tookMs} ms`);
    assert.is(report.size, made.logSize);
    assert.is(report.signedSize, made.logSize);
    const to = join(folder, 'restored');
    assert.is(await assertVerifies(to), made.logSize);
    for (const name of readdirSync(join(dataDir, 'keys')))
      assert.equal(readFileSync(join(to, 'keys', name)), readFileSync(join(dataDir, 'keys', name)), name);
    const again = await start(to);
    const { decisionId } = verdict.body;
    assert.ok((await again.verify(decisionId)).ok);
    assert.is((await again.readDecision(decisionId)).decisionId, decisionId);
    await again.submit({ ...REQUEST, text: 'And of Spain?' });
    await again.stop();
    assert.ok((await assertVerifies(to)) > made.logSize);
    assert.not.ok(existsSync(join(to, 'restored.json')), 'the restore stands on the record now');
  });
});

test('point in time: the log is cut after the last entry of that time, under a head that was signed', async () => {
  await withScene(async ({ start, backup, restore, folder }) => {
    const host = await start();
    await host.submit(REQUEST);
    await host.stop();
    const first = await backup();
    const between = Date.parse(first.createdAt) + 1;
    const second = await start();
    const later = await second.submit({ ...REQUEST, text: 'And of Spain?' });
    await second.stop();
    const last = await backup();
    assert.ok(last.logSize > first.logSize);
    assert.is(last.firstIndex, first.logSize);
    const report = await restore('earlier', between);
    assert.is(report.point, first.point);
    assert.is(report.size, first.logSize);
    assert.is(report.knownSize, last.logSize);
    const to = join(folder, 'earlier');
    assert.is(await assertVerifies(to), first.logSize);
    const again = await start(to);
    await assertFails(() => again.readDecision(later.body.decisionId), 'not_found');
    await again.stop();
    // The fork is declared: whoever holds the later head finds the reason on the record.
    const { FolderLog } = await import('../../runtime/host/archive/folder-log.ts');
    const log = await FolderLog.open(join(to, 'log'));
    const said: unknown[] = [];
    for await (const { payload } of log.read(first.logSize)) said.push(payload);
    const mark = said.find((one) => (one as { action?: string }).action === 'restored-from-backup');
    assert.is((mark as { knownSize: number }).knownSize, last.logSize);
    await assertFails(() => restore('before', Date.parse(first.createdAt) - 1), 'not_found');
    await assertFails(() => restore('earlier'), 'already_exists');
  });
});

test('keys that were destroyed later do not come back, whichever point is restored', async () => {
  await withScene(async ({ dataDir, start, backup, restore, folder, address }) => {
    await (await start()).stop();
    const store = new FileSubjectKeyStore(join(dataDir, 'subject-keys'));
    const state = await store.load();
    const wrapped = Uint8Array.from({ length: 60 }, (_, at) => at);
    const key = (digit: string) => ({
      keyId: digit.repeat(32),
      subjectTag: 'a'.repeat(64),
      scopeTag: 'b'.repeat(64),
      wrappingKeyId: 'wrap-1',
      wrapped,
    });
    if (!state.vault)
      await store.replace({
        ...state,
        vault: { vaultId: 'c'.repeat(32), wrappingKeyId: 'wrap-1', tagSecret: wrapped },
      });
    await store.add(key('1'));
    await store.add(key('2'));
    await store.close();
    const before = await backup();
    const open = new FileSubjectKeyStore(join(dataDir, 'subject-keys'));
    await open.load();
    await open.destroy(['1'.repeat(32)]);
    await open.close();
    await backup();
    await restore('old', Date.parse(before.createdAt) + 1);
    const restored = new FileSubjectKeyStore(join(folder, 'old', 'subject-keys'));
    const { keys, destroyed } = await restored.load();
    await restored.close();
    assert.ok(!keys.some(({ keyId }) => keyId === '1'.repeat(32)));
    assert.ok(destroyed.includes('1'.repeat(32)));
    assert.ok(keys.some(({ keyId }) => keyId === '2'.repeat(32)));
    const copies = (readdirSync(address, { recursive: true }) as string[]).filter((name) =>
      /newest@.*\.bin$/.test(name),
    );
    assert.is(copies.length, 1, 'one copy of keys that can be destroyed');
  });
});

test('nothing of a backup is readable without the key; a wrong key and a flipped byte are named', async () => {
  await withScene(async ({ dataDir, start, backup, restore, address, folder, settings }) => {
    const host = await start();
    await host.submit(REQUEST);
    await host.stop();
    await backup();
    const secrets = readdirSync(join(dataDir, 'keys')).map((name) =>
      readFileSync(join(dataDir, 'keys', name), 'utf8'),
    );
    const files = (readdirSync(address, { recursive: true }) as string[]).filter((name) =>
      name.endsWith('.bin'),
    );
    for (const name of files) {
      const text = readFileSync(join(address, name), 'latin1');
      for (const secret of secrets) assert.not.ok(text.includes(secret.slice(0, 200)), name);
      assert.not.match(text, 'capital of Portugal');
    }
    const other = join(folder, 'other');
    mkdirSync(other);
    const { archiveKeyIn } = await import('../../runtime/store/archive/archive-key.ts');
    archiveKeyIn(other, undefined);
    const keyFile = join(other, 'archive-key.json');
    const strange = { settings, address, prefix: 'backup', to: join(folder, 'x'), keyFile };
    await assertFails(() => restoreBackupAt(strange), 'permission_denied');
    const pack = files.find((name) => name.includes('/packs/'))!;
    const bytes = readFileSync(join(address, pack));
    bytes[100]! ^= 1;
    writeFileSync(join(address, pack), bytes);
    const error = await assertFails(() => restore('y'), 'verification_failed');
    assert.match(String(error.details['object']), /packs\/[0-9a-f]{64}\.wpk$/);
    assert.is(error.details['offset'], 40);
    assert.not.ok(existsSync(join(folder, 'y')));
  });
});

test('points are listed with why they are kept; a list needs no key', async () => {
  await withScene(async ({ start, backup, address, settings, dataDir }) => {
    await (await start()).stop();
    await backup('one');
    await backup('two');
    const listed = await listBackups({ settings, address, prefix: 'backup' });
    assert.equal(
      listed.map(({ kind, keptAs }) => [kind, keptAs]),
      [
        ['manual', 'manual'],
        ['manual', 'newest'],
      ],
    );
    const count = await rebuildIndex({ settings, dataDir });
    assert.is(count, await assertVerifies(dataDir));
  });
});
