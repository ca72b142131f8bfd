/** What every key store must do. */
import { createHash } from 'node:crypto';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import type { KeysPort } from '../../runtime/kernel/ports/keys.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, bytes, withPort } from './fixture.ts';
import type { MakePort } from './fixture.ts';

/** Declares the suite for one implementation. */
export function keysConformance(name: string, makePort: MakePort<KeysPort>): void {
  const test = suite(`keys conformance: ${name}`, { limitMs: 20_000 });
  const check = (title: string, body: (keys: KeysPort) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  check('the active key is made on first use, stays, and is named after its public half', async (keys) => {
    const info = keys.active('seat/guardian');
    assert.is(info.publicKey.length, 32);
    const fingerprint = createHash('sha256').update(info.publicKey).digest('hex').slice(0, 16);
    assert.is(info.keyId, `seat/guardian#${fingerprint}`);
    assert.is(info.state, 'active');
    assert.is(info.purpose, 'seat/guardian');
    assert.ok(info.createdAtWallMs > 1_600_000_000_000);
    assert.is(keys.active('seat/guardian').keyId, info.keyId);
    assert.is.not(keys.active('node').keyId, info.keyId);
    assert.equal(keys.get(info.keyId), info);
    assert.is(keys.list().length, 2);
  });

  check('a signature verifies under the named key, for the message alone', async (keys) => {
    const { keyId, publicKey } = keys.active('node');
    const signature = keys.sign(keyId, bytes('message'));
    assert.is(signature.length, 64);
    assert.ok(verifyEd25519(publicKey, bytes('message'), signature));
    assert.not(verifyEd25519(publicKey, bytes('massage'), signature));
    assert.not(verifyEd25519(keys.active('other').publicKey, bytes('message'), signature));
    assert.equal([...keys.sign(keyId, bytes('message'))], [...signature], 'Ed25519 is deterministic');
  });

  check('an unknown key is not_found', async (keys) => {
    assert.is(keys.get('node#0000000000000000'), undefined);
    await assertFails(() => keys.sign('node#0000000000000000', bytes('')), 'not_found');
    await assertFails(() => keys.revoke('node#0000000000000000', 'no reason'), 'not_found');
  });

  check('a rotated key is retired, can end the sessions that froze it, and is listed', async (keys) => {
    const old = keys.active('node');
    const fresh = await keys.rotate('node', 'yearly');
    assert.is.not(fresh.keyId, old.keyId);
    assert.is(keys.active('node').keyId, fresh.keyId);
    const retired = keys.get(old.keyId)!;
    assert.is(retired.state, 'retired');
    assert.is(retired.reason, 'yearly');
    assert.ok(retired.endedAtWallMs !== undefined && retired.endedAtWallMs >= retired.createdAtWallMs);
    assert.ok(verifyEd25519(old.publicKey, bytes('m'), keys.sign(old.keyId, bytes('m'))));
    assert.equal(
      keys
        .list()
        .map((key) => key.state)
        .sort(),
      ['active', 'retired'],
    );
  });

  check('rotating a purpose that has no key makes the first', async (keys) => {
    const fresh = await keys.rotate('checkpoint', 'set-up');
    assert.is(keys.active('checkpoint').keyId, fresh.keyId);
    assert.is(keys.list().length, 1);
  });

  check('a revoked key signs nothing more; its purpose gets a new one', async (keys) => {
    const old = keys.active('node');
    const revoked = await keys.revoke(old.keyId, 'stolen');
    assert.is(revoked.state, 'revoked');
    assert.is(revoked.reason, 'stolen');
    await assertFails(() => keys.sign(old.keyId, bytes('')), 'permission_denied');
    assert.is.not(keys.active('node').keyId, old.keyId);
    assert.is(keys.get(old.keyId)!.state, 'revoked');
  });

  check('a retired key can still be revoked, and the active one stays', async (keys) => {
    const old = keys.active('node');
    const fresh = await keys.rotate('node', 'yearly');
    await keys.revoke(old.keyId, 'found in a log');
    await assertFails(() => keys.sign(old.keyId, bytes('')), 'permission_denied');
    assert.is(keys.active('node').keyId, fresh.keyId);
  });

  check('a purpose outside the grammar is refused', async (keys) => {
    for (const purpose of ['', 'Node', 'a#b', 'a b', '../x', 'x'.repeat(80)]) {
      await assertFails(() => keys.active(purpose), 'invalid_argument');
    }
  });

  check('nothing that leaves the port holds a private half', async (keys) => {
    const info = keys.active('node');
    assert.equal(Object.keys(info).sort(), ['createdAtWallMs', 'keyId', 'publicKey', 'purpose', 'state']);
  });

  check('closing twice is harmless', async (keys) => {
    keys.active('node');
    await keys.close();
    await keys.close();
  });
}
