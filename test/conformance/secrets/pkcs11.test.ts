/** The PKCS #11 service against a real token library (SoftHSM), and keys of subjects over it. */
import { spawnSync } from 'node:child_process';
import { MemorySubjectKeyStore } from '../../../runtime/store/crypto/subjects/memory-subject-key-store.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { openPkcs11Kms } from '../../../runtime/store/keys/kms/pkcs11-kms.ts';
import { assert, suite } from '../../harness.ts';
import { advance } from '../../sim-time.ts';
import { SOFTHSM_MISSING, softToken } from '../../softhsm-token.ts';
import { assertFails, bytes, text } from '../fixture.ts';
import { kmsConformance } from './kms.ts';
import { subjectKeysConformance } from './subject-keys.ts';
import { subjectVaultFixture } from './subject-vault-fixture.ts';

const test = suite('PKCS #11', { limitMs: 30_000 });
const clock = new SimClock();

test('without the program or the library it is refused by name, and the PIN is told to nobody', async () => {
  const token = { modulePath: '/nowhere.so', tokenLabel: 'witan', pin: '246810', clock };
  for (const toolPath of ['/nowhere/pkcs11-tool', ...(SOFTHSM_MISSING ? [] : ['pkcs11-tool'])]) {
    const error = await assertFails(() => openPkcs11Kms({ ...token, toolPath }), 'not_supported');
    assert.not.match(`${JSON.stringify(error.toJSON())}${String(error.cause)}`, /246810/);
  }
});

if (SOFTHSM_MISSING === undefined) {
  kmsConformance('SoftHSM', async () => {
    const token = softToken();
    const port = await openPkcs11Kms({ ...token, clock });
    return { port, pass: (ms) => advance(clock, ms), end: async () => token.end() };
  });

  subjectKeysConformance('SoftHSM', async () => {
    const token = softToken();
    const store = new MemorySubjectKeyStore();
    return subjectVaultFixture(clock, {
      store: () => store,
      kms: () => openPkcs11Kms({ ...token, clock }),
      end: () => token.end(),
    });
  });

  test('keys are found again, the token gives no value out, and a wrong PIN or name is told', async () => {
    const token = softToken();
    try {
      const kms = await openPkcs11Kms({ ...token, clock });
      const { keyId } = await kms.makeKey('subject-keys/0a1b');
      const wrapped = await kms.wrap(keyId, bytes('secret'), 'here');
      const again = await openPkcs11Kms({ ...token, clock });
      assert.equal(again.keys(), kms.keys());
      assert.is(text(await again.unwrap(keyId, wrapped, 'here')), 'secret');
      const args = [
        '--module',
        token.modulePath,
        '--token-label',
        token.tokenLabel,
        '--login',
        '--pin',
        token.pin,
      ];
      const read = spawnSync(
        'pkcs11-tool',
        [...args, '--read-object', '--type', 'secrkey', '--id', keyId.slice(5)],
        {
          env: { ...process.env, ...token.environment },
          encoding: 'utf8',
        },
      );
      assert.is.not(read.status, 0);
      assert.match(read.stderr, /CKR_ATTRIBUTE_SENSITIVE/);
      await assertFails(() => openPkcs11Kms({ ...token, clock, pin: '000000' }), 'permission_denied');
      await assertFails(() => openPkcs11Kms({ ...token, clock, tokenLabel: 'other' }), 'not_found');
    } finally {
      token.end();
    }
  });
} else {
  test.skip('PKCS #11 on SoftHSM', SOFTHSM_MISSING);
}
