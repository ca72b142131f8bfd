/** What every service that wraps keys must do. */
import type { KmsPort } from '../../../runtime/kernel/ports/crypto/kms.ts';
import { assert, suite } from '../../harness.ts';
import { assertFails, bytes, text, withPort } from '../fixture.ts';
import type { MakePort } from '../fixture.ts';

/** Declares the suite for one implementation. */
export function kmsConformance(name: string, makePort: MakePort<KmsPort>): void {
  const test = suite(`KMS conformance: ${name}`, { limitMs: 20_000 });
  const check = (title: string, body: (kms: KmsPort) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  check('keys have ids of their own and keep their label', async (kms) => {
    const [one, two] = [await kms.makeKey('a'), await kms.makeKey('a')];
    assert.is.not(one.keyId, two.keyId);
    assert.equal(
      kms.keys().map((key) => [key.keyId, key.label]),
      [
        [one.keyId, 'a'],
        [two.keyId, 'a'],
      ],
    );
  });

  check('what was wrapped opens under its key and context alone', async (kms) => {
    const [one, two] = [await kms.makeKey('a'), await kms.makeKey('b')];
    const wrapped = await kms.wrap(one.keyId, bytes('secret'), 'here');
    assert.is(text(await kms.unwrap(one.keyId, wrapped, 'here')), 'secret');
    await assertFails(() => kms.unwrap(one.keyId, wrapped, 'there'), 'verification_failed');
    await assertFails(() => kms.unwrap(two.keyId, wrapped, 'here'), 'verification_failed');
    const changed = Uint8Array.from(wrapped);
    changed[changed.length - 1]! ^= 1;
    await assertFails(() => kms.unwrap(one.keyId, changed, 'here'), 'verification_failed');
    await assertFails(() => kms.unwrap(one.keyId, new Uint8Array(0), 'here'), 'verification_failed');
    // The bound that stores of wrapped keys rely on.
    assert.ok((await kms.wrap(one.keyId, new Uint8Array(32), 'x')).length <= 150);
  });

  check('a destroyed key opens nothing, and destroying it again is no error', async (kms) => {
    const { keyId } = await kms.makeKey('a');
    const wrapped = await kms.wrap(keyId, bytes('secret'), 'here');
    await kms.destroyKey(keyId);
    await kms.destroyKey(keyId);
    await assertFails(() => kms.unwrap(keyId, wrapped, 'here'), 'not_found');
    await assertFails(() => kms.wrap(keyId, bytes('x'), 'here'), 'not_found');
    assert.equal(kms.keys(), []);
  });
}
