/** Archive and backup by the command line, beside a running node. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import { assert, suite } from '../harness.ts';
import { witanCommand } from '../doors/witan-command.ts';

const test = suite('archive command line', { limitMs: 400_000 });
const REQUEST = { type: 'chat', text: 'What is the capital of Portugal?', council: 'always' };

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly json: Readonly<Record<string, unknown>>;
}

function witan(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...witanCommand(), ...args, '--json'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    child.stdout.on('data', (part) => (out += String(part)));
    child.stderr.on('data', () => undefined);
    child.on('close', (code) => {
      const first = out.split('\n')[0] ?? '';
      resolve({ code, out, json: first === '' ? {} : (JSON.parse(first) as Ran['json']) });
    });
  });
}

test('run, verify; create, restore, rebuild: each says what it did, and damage where it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-archive-cli-'));
  const dataDir = join(folder, 'data');
  const passphrase = join(folder, 'passphrase');
  writeFileSync(passphrase, 'a long passphrase\n', { mode: 0o600 });
  const env = { WITAN_CRYPTO_KEY_PASSPHRASE_FILE: passphrase, WITAN_RECORD_SEGMENT_BYTES: '1048576' };
  const settings = { http: { port: 0 }, crypto: { keyPassphraseFile: passphrase } };
  const host = await createHost({ dataDir, settings });
  try {
    await host.start();
    await host.submit(REQUEST);
    const at = ['--data-dir', dataDir];
    const run = await witan(['archive', 'run', ...at], env);
    assert.is(run.code, 0, run.out);
    const endIndex = (run.json['report'] as { endIndex: number }).endIndex;
    // From the archive alone: neither data folder nor key file, only the pinned key and the passphrase.
    const pinned = join(folder, 'pinned.json');
    writeFileSync(pinned, readFileSync(join(dataDir, 'verify-key.json')));
    const store = join(dataDir, 'archive');
    const alone = ['--from', store, '--key', pinned, '--data-dir', join(folder, 'none')];
    const verified = await witan(['archive', 'verify', ...alone, '--passphrase-file', passphrase]);
    assert.is(verified.code, 0, verified.out);
    assert.is(verified.json['size'], endIndex);
    const backupStore = join(folder, 'backups');
    const made = await witan(['backup', 'create', '--to', backupStore, '--label', 'test', ...at], env);
    assert.is(made.code, 0, made.out);
    const node = join(folder, 'node');
    const whole = ['backup', 'restore', '--from', backupStore, '--to', node, '--key', pinned];
    const again = await witan([...whole, '--data-dir', join(folder, 'none')], env);
    assert.is(again.code, 0, again.out);
    assert.is(again.json['isPinned'], true);
    const rebuilt = await witan(['index', 'rebuild', '--data-dir', node], env);
    assert.is(rebuilt.json['entryCount'], again.json['size'], rebuilt.out);
    const pack = (readdirSync(store, { recursive: true }) as string[]).find((name) =>
      /packs\/.*\.bin$/.test(name),
    )!;
    const bytes = readFileSync(join(store, pack));
    bytes[60]! ^= 1;
    writeFileSync(join(store, pack), bytes);
    const broken = await witan(['archive', 'verify', ...alone, '--passphrase-file', passphrase]);
    assert.is(broken.code, 7);
    assert.is((broken.json['damage'] as { offset: number }).offset, 40);
  } finally {
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
