import {
  chmodSync,
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
import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { FileKeys } from './file-keys.ts';
import { MemoryKeys } from './memory-keys.ts';

const test = suite('keys on files', { limitMs: 30_000 });
const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000,
  setTimer: () => ({ cancel: () => {} }),
};
const message = Buffer.from('message');
let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-keys-'));
});
test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (passphrase?: string): FileKeys =>
  new FileKeys({ folder: join(folder, 'keys'), clock, ...(passphrase && { passphrase }) });
const files = (): string[] => readdirSync(join(folder, 'keys'));
const pathOf = (name: string): string => join(folder, 'keys', name);

test('folder and files are closed to others, also when they were open before', () => {
  open().active('node');
  chmodSync(join(folder, 'keys'), 0o755);
  open().active('seat/guardian');
  assert.is(statSync(join(folder, 'keys')).mode & 0o777, 0o700);
  assert.is(files().length, 2);
  for (const name of files()) assert.is(statSync(pathOf(name)).mode & 0o777, 0o600, name);
});

test('keys, states and order are the same after a reopen', async () => {
  const keys = open();
  const first = keys.active('node');
  const signature = keys.sign(first.keyId, message);
  await keys.rotate('node', 'yearly');
  await keys.revoke(keys.active('seat/truth').keyId, 'lost');
  keys.active('checkpoint');
  const again = open();
  assert.equal(
    again.list().map((key) => ({ ...key, publicKey: [...key.publicKey] })),
    keys.list().map((key) => ({ ...key, publicKey: [...key.publicKey] })),
  );
  assert.is(again.active('node').keyId, keys.active('node').keyId);
  assert.equal([...again.sign(first.keyId, message)], [...signature]);
  assert.is(again.list().length, 4);
});

test('a rotation that was cut off leaves one active key: the newer', async () => {
  const keys = open();
  const old = keys.active('node');
  const [name] = files();
  const before = readFileSync(pathOf(name!), 'utf8');
  const fresh = await keys.rotate('node', 'yearly');
  writeFileSync(pathOf(name!), before);
  const again = open();
  assert.is(again.active('node').keyId, fresh.keyId);
  assert.is(again.get(old.keyId)!.state, 'retired');
  assert.is(open().get(old.keyId)!.reason, 'a rotation that was cut off');
});

test('under a passphrase no secret is readable, and only the passphrase opens it', async () => {
  const plain = open().active('node');
  const stored = JSON.parse(readFileSync(pathOf(files()[0]!), 'utf8')) as { secret: { bytes: string } };
  const keys = open('correct horse');
  const made = keys.active('seat/truth');
  await keys.rotate('node', 'encrypt');
  for (const name of files()) {
    const text = readFileSync(pathOf(name), 'utf8');
    assert.not.ok(text.includes(stored.secret.bytes), `${name} still holds the plain secret`);
    assert.ok(text.includes('scrypt+aes-256-gcm'));
  }
  const again = open('correct horse');
  assert.ok(verifyEd25519(made.publicKey, message, again.sign(made.keyId, message)));
  assert.ok(verifyEd25519(plain.publicKey, message, again.sign(plain.keyId, message)));
  for (const wrong of ['wrong horse', undefined]) await assertFails(() => open(wrong), 'permission_denied');
});

test('a damaged or exchanged key file is refused', async () => {
  open().active('node');
  open().active('seat/truth');
  const [one, two] = files();
  const texts = [one!, two!].map(
    (name) => JSON.parse(readFileSync(pathOf(name), 'utf8')) as { secret: unknown },
  );
  const damages: unknown[] = [
    { ...texts[0], secret: texts[1]!.secret },
    { ...texts[0], purpose: 'checkpoint' },
    { ...texts[0], publicKey: '00' },
    'x',
  ];
  for (const damage of damages) {
    writeFileSync(pathOf(one!), JSON.stringify(damage));
    await assertFails(() => open(), 'verification_failed');
  }
});

test('a temporary file left by a crash does no harm', () => {
  const { keyId } = open().active('node');
  writeFileSync(pathOf(`${files()[0]!}.tmp`), '{"form');
  assert.is(open().active('node').keyId, keyId);
});

test('a key that cannot be stored is not given out', async () => {
  const keys = open();
  rmSync(join(folder, 'keys'), { recursive: true });
  await assertFails(() => keys.active('node'), 'storage_failed');
  assert.is(keys.list().length, 0);
  assert.not.ok(existsSync(join(folder, 'keys')));
});

test('a seed repeats every key of the keys in memory, and another seed none', () => {
  const ids = (seed: string): string[] => {
    const keys = new MemoryKeys({ clock, seed });
    return ['node', 'seat/truth'].map((purpose) => keys.active(purpose).keyId);
  };
  assert.equal(ids('a'), ids('a'));
  assert.is.not(ids('a')[0], ids('b')[0]);
  assert.is.not(ids('a')[0]!.slice(-16), ids('a')[1]!.slice(-16));
});
