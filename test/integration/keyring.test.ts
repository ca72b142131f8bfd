/**
 * Key files of a node: their history and passphrase on the command line, and what doctor says of algorithms.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../config/loader.ts';
import { createHost, examineInstallation } from '../../index.ts';
import { witanCommand } from '../doors/witan-command.ts';
import { assert, suite } from '../harness.ts';

const test = suite('keyring', { limitMs: 180_000 });
let folder = '';
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'witan-keyring-'));
  const host = await createHost({ dataDir: join(folder, 'node'), http: false });
  await host.start();
  await host.rotateKey('node', 'yearly');
  await host.stop();
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function witan(
  args: readonly string[],
  variables: Record<string, string> = {},
): { code: number; out: string } {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('WITAN_'));
  const env = { ...Object.fromEntries(kept), NO_COLOR: '1', ...variables };
  const run = spawnSync(process.execPath, [...witanCommand(), ...args, '--data-dir', join(folder, 'node')], {
    env,
    encoding: 'utf8',
  });
  return { code: run.status ?? -1, out: `${run.stdout}${run.stderr}` };
}

const keyText = (): string =>
  readdirSync(join(folder, 'node/keys'))
    .map((name) => readFileSync(join(folder, 'node/keys', name), 'utf8'))
    .join('\n');

test('history, passphrase and the way back, without a node', () => {
  const rows = witan(['keyring', 'history', '--json'])
    .out.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { purpose: string; state: string; reason: string | null });
  const node = rows.filter((row) => row.purpose === 'node');
  assert.equal(
    node.map((row) => [row.state, row.reason]),
    [
      ['retired', 'yearly'],
      ['active', null],
    ],
  );
  const next = join(folder, 'next.txt');
  writeFileSync(next, 'correct horse\n');
  assert.is(witan(['keyring', 'passphrase']).code, 2);
  assert.is(witan(['keyring', 'passphrase', '--new-passphrase-file', next]).code, 0);
  assert.not.match(keyText(), /"cipher": "none"/);
  const wrong = witan(['keyring', 'passphrase', '--plain'], { WITAN_CRYPTO_KEY_PASSPHRASE: 'wrong' });
  assert.is(wrong.code, 4);
  assert.not.match(wrong.out, /wrong/);
  const back = witan(['keyring', 'passphrase', '--plain'], { WITAN_CRYPTO_KEY_PASSPHRASE_FILE: next });
  assert.is(back.code, 0, back.out);
  assert.not.match(keyText(), /scrypt/);
});

test('doctor tests the algorithms, and says that nobody audited the post-quantum ones', async () => {
  const found = async (postQuantum: boolean): Promise<string[]> => {
    const { settings } = loadSettings({ env: {}, code: { crypto: { postQuantum } } });
    const findings = await examineInstallation({ settings, dataDir: join(folder, 'node') });
    return findings
      .filter(({ subject }) => ['crypto', 'post-quantum', 'keys'].includes(subject))
      .map(({ level, subject, detail }) => `${level} ${subject}: ${detail}`);
  };
  const [classical, quantum, keys] = await found(false);
  assert.match(classical!, /^ok crypto: known answers held: ed25519 \(node\).*bls12-381 \((blst|noble-curves)\)/);
  assert.is(quantum, 'ok post-quantum: off (crypto.postQuantum)');
  assert.match(keys!, /^ok keys: \d+ keys, \d+ active, \d+ not encrypted/);
  const [, switchedOn] = await found(true);
  assert.match(switchedOn!, /^limited post-quantum: .*ml-kem-768.*nobody has audited.*not FN-DSA/);
});
