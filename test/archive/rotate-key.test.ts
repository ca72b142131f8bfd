/** The key of archive and backup is rotated: new objects lie under the new one, old ones stay readable. */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, loadSettings, verifyLogFolder } from '../../index.ts';
import type { Host } from '../../index.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { verifyArchiveAt } from '../../runtime/host/archive/archive-tools.ts';
import { createBackup, restoreBackupAt } from '../../runtime/host/archive/backup-tools.ts';
import { archiveKeyIn, parseArchiveKey } from '../../runtime/store/archive/archive-key.ts';
import { changePassphrase } from '../../runtime/store/keys/key-folder.ts';
import { assertFails } from '../conformance/fixture.ts';
import { witanCommand } from '../doors/witan-command.ts';
import { assert, suite } from '../harness.ts';

const test = suite('rotation of the archive key', { limitMs: 240_000 });
const ROOT = join(import.meta.dirname, '../..');
const PASSPHRASE = 'a long passphrase';
const REQUEST = { type: 'chat', text: 'What is the capital of Portugal?', council: 'always' };

function witan(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number | null> {
  const child = spawn(process.execPath, [...witanCommand(), ...args, '--json'], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  return new Promise((resolve) => child.on('close', resolve));
}

test('archive and backup are read across rotations, from the passphrase alone; an old copy says what it lacks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-rotate-'));
  const [dataDir, store] = [join(folder, 'data'), join(folder, 'backups')];
  const passphraseFile = join(folder, 'passphrase');
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  const given = { crypto: { keyPassphraseFile: passphraseFile }, record: { segmentBytes: 1_048_576 } };
  const { settings } = loadSettings({ code: given, env: {} });
  const env = { WITAN_CRYPTO_KEY_PASSPHRASE_FILE: passphraseFile };
  const hosts: Host[] = [];
  const run = async (label: string): Promise<number> => {
    const host = await createHost({ dataDir, http: { port: 0 }, settings: given } as never);
    hosts.push(host);
    await host.start();
    await host.submit({ ...REQUEST, idempotencyKey: label });
    assert.is(await witan(['archive', 'rotate-key', '--data-dir', dataDir], env), 1, 'not while it runs');
    assert.is(await witan(['archive', 'run', '--data-dir', dataDir], env), 0);
    await host.stop();
    await createBackup({ settings, dataDir, address: store, prefix: 'backup', label });
    return Date.now();
  };
  try {
    const firstAt = await run('first');
    const oldKey = join(folder, 'saved-before.json');
    cpSync(join(dataDir, 'keys', 'archive-key.json'), oldKey);
    assert.is(await witan(['archive', 'rotate-key', '--data-dir', dataDir], env), 0);
    await run('second');
    assert.is(await witan(['archive', 'rotate-key', '--data-dir', dataDir], env), 0);
    await run('third');
    const pinned = PinnedKey.parse(JSON.parse(readFileSync(join(dataDir, 'verify-key.json'), 'utf8')));

    const archive = { settings, address: join(dataDir, 'archive'), prefix: settings.archive.prefix, pinned };
    const verified = await verifyArchiveAt(archive);
    assert.is(verified.ok, true, JSON.stringify(verified.damage));
    assert.ok(verified.manifestCount >= 3);
    const lacking = await assertFails(
      () => verifyArchiveAt({ ...archive, keyFile: oldKey }),
      'permission_denied',
    );
    assert.match(String(lacking.details['keyId']), /^archive-key#/);

    const whole = { settings, address: store, prefix: 'backup' };
    const now = await restoreBackupAt({ ...whole, to: join(folder, 'now'), atWallMs: undefined });
    assert.is(now.size, now.knownSize);
    const then = await restoreBackupAt({ ...whole, to: join(folder, 'then'), atWallMs: firstAt });
    assert.ok(then.size < now.size);
    for (const name of ['now', 'then']) {
      const to = join(folder, name);
      assert.is((await verifyLogFolder(to, pinned)).ok, true);
      const key = archiveKeyIn(join(to, 'keys'), PASSPHRASE);
      assert.is(key.former.length, 2, 'the restored node goes on with all keys');
    }
    // Nothing that is new lies under an old key.
    const manifests = (readdirSync(archive.address, { recursive: true }) as string[])
      .filter((name) => name.includes('batches/') && statSync(join(archive.address, name)).isFile())
      .map((name) => readFileSync(join(archive.address, name), 'latin1'));
    const used = new Set(manifests.flatMap((text) => /"archive-key#[0-9a-f]{16}"/.exec(text) ?? []));
    assert.is(used.size, 3);
  } finally {
    for (const host of hosts) await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('killed at any step, the key is the old one or the new one, and both open what they sealed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-rotate-'));
  const run = (step: string) =>
    spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), join(import.meta.dirname, 'rotate-child.ts'), folder, step],
      { cwd: ROOT },
    );
  try {
    const first = archiveKeyIn(folder, PASSPHRASE);
    for (const step of ['write', 'replace']) {
      assert.is(run(step).signal, 'SIGKILL');
      const left = archiveKeyIn(folder, PASSPHRASE);
      assert.equal([left.keyId, left.former], [first.keyId, []], step);
    }
    const { status, stdout } = run('');
    assert.is(status, 0);
    const next = archiveKeyIn(folder, PASSPHRASE);
    assert.is(next.keyId, stdout.toString());
    assert.equal(next.former, [{ keyId: first.keyId, secret: first.secret }]);
    assert.not.ok(readdirSync(folder).some((name) => name !== 'archive-key.json'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('another passphrase covers the keys before, and a wrong one opens none', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'witan-rotate-'));
  const folder = join(parent, 'keys');
  try {
    const first = archiveKeyIn(folder, PASSPHRASE);
    spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), join(import.meta.dirname, 'rotate-child.ts'), folder],
      { cwd: ROOT },
    );
    assert.is(changePassphrase(folder, { from: PASSPHRASE, to: 'another passphrase' }), 1);
    const text = readFileSync(join(folder, 'archive-key.json'), 'utf8');
    const opened = parseArchiveKey(text, { passphrase: 'another passphrase', name: 'it' });
    assert.equal(opened.former, [{ keyId: first.keyId, secret: first.secret }]);
    await assertFails(
      async () => parseArchiveKey(text, { passphrase: PASSPHRASE, name: 'it' }),
      'permission_denied',
    );
    assert.ok(existsSync(join(folder, 'archive-key.json')));
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
