/** Passphrases of key files: from plain to encrypted, from one to another, with a crash at every step. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { assert, suite } from '../../../test/harness.ts';
import { SimClock } from '../../kernel/sim/sim-clock.ts';
import { coSignerSeedIn } from './co-signer-seed.ts';
import { FileKeys } from './file-keys.ts';
import { changePassphrase } from './key-folder.ts';
import { readKeyHistory } from './key-history.ts';
import { openFileKms } from './kms/file-kms.ts';

// Deriving a key from a passphrase takes 0.3 s by design.
const test = suite('key folder', { limitMs: 60_000 });
const clock = new SimClock();
let root = '';
test.beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'witan-key-folder-'));
});
test.afterEach(() => rmSync(root, { recursive: true, force: true }));

const folderAt = (): string => join(root, 'keys');
const open = (passphrase?: string, onStep?: (name: string) => void): FileKeys =>
  new FileKeys({
    folder: folderAt(),
    clock,
    ...(passphrase !== undefined && { passphrase }),
    ...(onStep && { onStep }),
  });
const ids = (keys: FileKeys): string[] => keys.list().map((key) => key.keyId);
const allText = (): string =>
  readdirSync(folderAt())
    .map((name) => readFileSync(join(folderAt(), name), 'utf8'))
    .join('\n');

/** Three keys of which one is retired, and the plain secrets as they lie on the disk. */
async function plainKeys(): Promise<{ known: string[]; secrets: string[] }> {
  const keys = open();
  keys.active('node');
  keys.active('seat/truth');
  await keys.rotate('node', 'yearly');
  const secrets = [...allText().matchAll(/"bytes": "([^"]+)"/g)].map((found) => found[1]!);
  assert.is(secrets.length, 3);
  return { known: ids(keys), secrets };
}

test('with a passphrase all plain keys are encrypted at the opening, and no secret is left', async () => {
  const { known, secrets } = await plainKeys();
  writeFileSync(join(folderAt(), 'node-0123.key.json.tmp'), secrets[0]!);
  assert.equal(ids(open('correct horse')), known);
  for (const secret of secrets) assert.not.ok(allText().includes(secret));
  assert.not.ok(readdirSync(folderAt()).some((name) => name.endsWith('.tmp')));
  await assertFails(() => open(), 'permission_denied');
  assert.equal(ids(open('correct horse')), known);
});

test('a crash in the middle of encrypting loses no key; a wrong passphrase then changes nothing', async () => {
  const { known } = await plainKeys();
  for (let crashAt = 1; crashAt <= 3; crashAt += 1) {
    let steps = 0;
    try {
      open('correct horse', () => {
        steps += 1;
        if (steps === crashAt) throw new Error('crash');
      });
    } catch (error) {
      assert.is((error as Error).message, 'crash');
    }
    const before = allText();
    if (before.includes('aes-256-gcm')) {
      await assertFails(() => open('wrong horse'), 'permission_denied');
      assert.is(allText(), before);
    }
  }
  assert.equal(ids(open('correct horse')), known);
  assert.not.match(allText(), /"cipher": "none"/);
});

test('another passphrase: every crash leaves all keys under the old one or all under the new one', async () => {
  const keys = open('old');
  keys.active('node');
  const known = ids(keys);
  const steps: string[] = [];
  for (let crashAt = 0; ; crashAt += 1) {
    let isDone = true;
    steps.length = 0;
    try {
      const onStep = (name: string): void => {
        steps.push(name);
        if (steps.length === crashAt + 1) throw new Error('crash');
      };
      changePassphrase(folderAt(), { from: 'old', to: 'new', onStep });
    } catch {
      isDone = false;
    }
    const isNew = isDone || steps.at(-1) === 'wipe' || steps.at(-1) === 'move the new folder in';
    assert.equal(ids(open(isNew ? 'new' : 'old')), known, steps.at(-1));
    assert.equal(readdirSync(root), ['keys'], steps.at(-1));
    if (isDone) break;
    if (isNew) changePassphrase(folderAt(), { from: 'new', to: 'old' });
  }
  assert.is(steps.length, 5);
  await assertFails(() => open('old'), 'permission_denied');
});

test('a wrong present passphrase, or a file that is no key, changes nothing', async () => {
  await plainKeys();
  open('old');
  const before = allText();
  await assertFails(() => changePassphrase(folderAt(), { from: 'wrong', to: 'new' }), 'permission_denied');
  await assertFails(() => changePassphrase(folderAt(), { from: undefined, to: 'new' }), 'permission_denied');
  writeFileSync(join(folderAt(), 'other.json'), '{}');
  await assertFails(() => changePassphrase(folderAt(), { from: 'old', to: 'new' }), 'verification_failed');
  rmSync(join(folderAt(), 'other.json'));
  assert.is(allText(), before);
  assert.is(changePassphrase(folderAt(), { from: 'old', to: undefined }), 3);
  assert.is(ids(open()).length, 3);
});

test('the history shows every key in order, who followed whom and why, and needs no passphrase', async () => {
  const keys = open('secret');
  const first = keys.active('node');
  const second = await keys.rotate('node', 'yearly');
  await keys.revoke(keys.active('seat/truth').keyId, 'stolen');
  const rows = readKeyHistory(folderAt());
  assert.equal(
    rows.map(({ keyId, state, reason, previousKeyId }) => [keyId, state, reason, previousKeyId]),
    [
      [first.keyId, 'retired', 'yearly', null],
      [second.keyId, 'active', null, first.keyId],
      [rows[2]!.keyId, 'revoked', 'stolen', null],
    ],
  );
  assert.ok(rows.every((row) => row.isEncrypted));
  assert.is(rows[1]!.endedAt, null);
});

test('the co-signer’s seed is made once, encrypted when there is a passphrase, and changes with the others', async () => {
  open();
  const seed = coSignerSeedIn(folderAt(), undefined);
  assert.is(seed.length, 32);
  assert.equal([...coSignerSeedIn(folderAt(), 'secret')], [...seed]);
  assert.not.match(allText(), /"cipher": "none"/);
  await assertFails(() => coSignerSeedIn(folderAt(), 'wrong'), 'permission_denied');
  assert.is(changePassphrase(folderAt(), { from: 'secret', to: 'next' }), 1);
  assert.equal([...coSignerSeedIn(folderAt(), 'next')], [...seed]);
});

test('wrapping keys on files: kept, bound to their context, destroyed for good, also when it was cut off', async () => {
  const folder = join(root, 'kms');
  const kms = await openFileKms({ folder, clock, passphrase: 'secret' });
  const { keyId } = await kms.makeKey('test');
  const wrapped = await kms.wrap(keyId, Buffer.from('secret bytes'), 'here');
  await assertFails(() => openFileKms({ folder, clock }), 'permission_denied');
  await assertFails(() => openFileKms({ folder, clock, passphrase: 'wrong' }), 'permission_denied');
  const again = await openFileKms({ folder, clock, passphrase: 'secret' });
  assert.is(Buffer.from(await again.unwrap(keyId, wrapped, 'here')).toString(), 'secret bytes');
  await assertFails(() => again.unwrap(keyId, wrapped, 'there'), 'verification_failed');
  const stored = readFileSync(join(folder, `${keyId}.json`), 'utf8');
  await again.destroyKey(keyId);
  await again.destroyKey(keyId);
  await assertFails(() => again.unwrap(keyId, wrapped, 'here'), 'not_found');
  // The file as a crash leaves it after it was renamed and before it was overwritten.
  writeFileSync(join(folder, `${keyId}.json.destroyed`), stored);
  const last = await openFileKms({ folder, clock, passphrase: 'secret' });
  assert.equal(last.keys(), []);
  assert.equal(readdirSync(folder), []);
});
