/** Key files of subjects: what a crash leaves, what overwriting removes, and what a copy still holds. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertFails, bytes, text } from '../../../../test/conformance/fixture.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { toBase64 } from '../../../../contracts/ledger/bytes.ts';
import type { SealedBytes, SubjectScope } from '../../../kernel/ports/crypto/subject-keys.ts';
import { SimClock } from '../../../kernel/sim/sim-clock.ts';
import { openFileKms } from '../../keys/kms/file-kms.ts';
import { openCrypto } from '../open-crypto.ts';
import { FileSubjectKeyStore } from './file-subject-key-store.ts';
import { openSubjectVault, type SubjectVault } from './subject-vault.ts';

const test = suite('key files of subjects', { limitMs: 60_000 });
const clock = new SimClock();
const ann: SubjectScope = { tenant: 'acme', subject: 'ann', purpose: 'decision' };
const bob: SubjectScope = { ...ann, subject: 'bob' };
const order = { ...ann, reason: 'asked', approvedBy: 'office' };
let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-subjects-'));
});
test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Opening {
  readonly root?: string;
  readonly onStep?: (name: string) => void;
}

async function open({ root = folder, onStep }: Opening = {}): Promise<SubjectVault> {
  return openSubjectVault({
    store: new FileSubjectKeyStore(join(root, 'subjects'), onStep),
    kms: await openFileKms({ folder: join(root, 'kms'), clock }),
    aead: await openCrypto({ postQuantum: false }).aead('aes-256-gcm'),
    clock,
  });
}

const slotFiles = (root = folder): string[] =>
  readdirSync(join(root, 'subjects')).filter((name) => name.startsWith('slots-'));
const allBytes = (root = folder): string =>
  [...readdirSync(join(root, 'subjects'))]
    .map((name) => readFileSync(join(root, 'subjects', name), 'latin1'))
    .join('\n');

test('folder and files are closed to others; no name is in them', async () => {
  const vault = await open();
  await vault.seal(ann, bytes('x'));
  assert.is(statSync(join(folder, 'subjects')).mode & 0o777, 0o700);
  for (const name of readdirSync(join(folder, 'subjects')))
    assert.is(statSync(join(folder, 'subjects', name)).mode & 0o777, 0o600, name);
  for (const word of ['ann', 'acme', '"decision"']) assert.not.match(allBytes(), new RegExp(word));
  await vault.close();
});

test('the wrapped key lies in the file until it is destroyed, then nowhere in it', async () => {
  const vault = await open();
  const { keyId } = await vault.seal(ann, bytes('x'));
  await vault.seal(bob, bytes('x'));
  const slot = JSON.parse(
    allBytes()
      .split('\n')
      .find((line) => line.includes(`"kind":"key","keyId":"${keyId}"`))!,
  ) as { wrapped: string };
  assert.ok(toBase64(new Uint8Array(60)).length === slot.wrapped.length);
  await vault.destroy(order);
  assert.not.ok(allBytes().includes(slot.wrapped));
  await vault.renew();
  assert.not.ok(allBytes().includes(slot.wrapped));
  assert.is(slotFiles().length, 1);
  await vault.close();
});

test('a copy from before the destruction still opens; once the keys were renewed it opens no more', async () => {
  const vault = await open();
  const sealed = await vault.seal(ann, bytes('personal'));
  const copy = join(folder, 'copy');
  cpSync(join(folder, 'subjects'), join(copy, 'subjects'), { recursive: true });
  await vault.destroy(order);
  // A copy of the key file beside the node's own wrapping keys: what the certificate calls pending.
  const withLiveKms = async (): Promise<string | undefined> => {
    cpSync(join(folder, 'kms'), join(copy, 'kms'), { recursive: true, force: true });
    const old = await open({ root: copy });
    try {
      return text(await old.open(sealed));
    } finally {
      await old.close();
    }
  };
  assert.is(await withLiveKms(), 'personal');
  rmSync(join(copy, 'kms'), { recursive: true });
  await vault.renew();
  await assertFails(withLiveKms, 'not_found');
  await vault.close();
});

test('a copy of both folders is beyond any node: what the documents warn of is true', async () => {
  const vault = await open();
  const sealed = await vault.seal(ann, bytes('personal'));
  const copy = join(folder, 'copy');
  for (const name of ['subjects', 'kms']) cpSync(join(folder, name), join(copy, name), { recursive: true });
  await vault.destroy(order);
  await vault.renew();
  const old = await open({ root: copy });
  assert.is(text(await old.open(sealed)), 'personal');
  await old.close();
  await vault.close();
});

/** Runs `work` with a crash at its n-th step, for every n, and hands the reopened vault to `check`. */
async function atEachStep(
  work: (vault: SubjectVault) => Promise<unknown>,
  check: (
    vault: SubjectVault,
    found: { sealed: SealedBytes; kept: SealedBytes; isDone: boolean },
  ) => Promise<void>,
): Promise<number> {
  for (let crashAt = 1; ; crashAt += 1) {
    const root = join(folder, `at-${crashAt}`);
    let [armed, steps] = [false, 0];
    const vault = await open({
      root,
      onStep: () => {
        if (armed && ++steps === crashAt) throw new Error('crash');
      },
    });
    const sealed = await vault.seal(ann, bytes('ann'));
    const kept = await vault.seal(bob, bytes('bob'));
    armed = true;
    const isDone = await work(vault).then(
      () => true,
      () => false,
    );
    const reopened = await open({ root });
    await check(reopened, { sealed, kept, isDone });
    await reopened.close();
    if (isDone) return crashAt - 1;
  }
}

test('a crash at any step of a destruction leaves the key whole or gone, and nothing else changed', async () => {
  const steps = await atEachStep(
    (vault) => vault.destroy(order),
    async (vault, { sealed, kept, isDone }) => {
      assert.is(text(await vault.open(kept)), 'bob');
      const opened = await vault.open(sealed).then(text, (error: { code: string }) => error.code);
      assert.ok(isDone ? opened === 'not_found' : opened === 'ann' || opened === 'not_found', opened);
      await vault.destroy(order);
      await assertFails(() => vault.open(sealed), 'not_found');
    },
  );
  assert.is(steps, 2);
});

test('a crash at any step of a renewal loses no key', async () => {
  const steps = await atEachStep(
    (vault) => vault.renew(),
    async (vault, { sealed, kept }) => {
      assert.is(text(await vault.open(sealed)), 'ann');
      assert.is(text(await vault.open(kept)), 'bob');
      assert.is((await vault.renew()).keyCount, 2);
    },
  );
  assert.is(steps, 3);
});

test('a key that was noted as destroyed and not yet overwritten is overwritten at the next opening', async () => {
  const vault = await open();
  const { keyId } = await vault.seal(ann, bytes('x'));
  await vault.seal(bob, bytes('x'));
  await vault.close();
  const path = join(folder, 'subjects', slotFiles()[0]!);
  const slots = readFileSync(path, 'latin1');
  const note = JSON.stringify({ kind: 'destroyed', keyId, slot: 0 });
  // The note is whole; the slot that it names is half overwritten.
  writeFileSync(path, `${'\0'.repeat(100)}${slots.slice(100)}${note.padEnd(511)}\n`, 'latin1');
  const again = await open();
  assert.is(
    readFileSync(path)
      .subarray(0, 512)
      .every((byte) => byte === 0),
    true,
  );
  await again.seal(bob, bytes('x'));
  await again.close();
});

test('an unfinished last slot is taken for a write that nobody was told of; a damaged one is named', async () => {
  const vault = await open();
  const sealed = await vault.seal(ann, bytes('x'));
  await vault.seal(bob, bytes('x'));
  await vault.close();
  const path = join(folder, 'subjects', slotFiles()[0]!);
  const whole = readFileSync(path);
  writeFileSync(path, Buffer.concat([whole, Buffer.from('{"kind":"key"'.padEnd(512))]));
  const again = await open();
  assert.is(text(await again.open(sealed)), 'x');
  await again.close();
  const damaged = Buffer.from(whole);
  damaged[10]! ^= 1;
  writeFileSync(path, damaged);
  const error = await assertFails(() => open(), 'verification_failed');
  assert.match(String(error.details.expected), /byte 0$/);
});

test('a lost head is damage, not an empty store', async () => {
  const vault = await open();
  await vault.seal(ann, bytes('x'));
  await vault.close();
  rmSync(join(folder, 'subjects', 'head.json'));
  await assertFails(() => open(), 'verification_failed');
  assert.is(slotFiles().length, 1);
});

test('a store that cannot write gives out no key, and an erasure that failed can be repeated', async () => {
  let isBroken = false;
  const vault = await open({
    onStep: () => {
      if (isBroken) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  });
  const sealed = await vault.seal(ann, bytes('x'));
  isBroken = true;
  await assertFails(() => vault.seal(bob, bytes('x')), 'storage_failed');
  await assertFails(() => vault.destroy(order), 'storage_failed');
  isBroken = false;
  assert.is(text(await vault.open(sealed)), 'x');
  assert.equal((await vault.destroy(order)).keyIds, [sealed.keyId]);
  await assertFails(() => vault.open(sealed), 'not_found');
  await vault.close();
});
