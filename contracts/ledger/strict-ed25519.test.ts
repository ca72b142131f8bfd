import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { generateKeyPairSync, sign } from 'node:crypto';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { assert, suite } from '../../test/harness.ts';
import { absenceOf, katJson } from '../../test/vectors/kat.ts';
import { fromHex, utf8 } from './bytes.ts';
import { strictEd25519 } from './strict-ed25519.ts';

const test = suite('strict Ed25519', { limitMs: 60_000 });
const strict = strictEd25519(ed25519.Point, sha512);

const absence = absenceOf('cctv');
if (absence !== undefined) test.skip('CCTV ed25519vectors', absence);
else {
  test('CCTV ed25519vectors: it gives the answer of the pinned verifier in all 914 edge cases', () => {
    const cases = katJson<{ key: string; sig: string; msg: string }[]>('cctv/ed25519vectors.json');
    let taken = 0;
    for (const { key, sig, msg } of cases) {
      const input = [fromHex(key), utf8(msg), fromHex(sig)] as const;
      assert.is(strict(...input), verifyEd25519(...input), `${key} ${sig}`);
      taken += Number(strict(...input));
    }
    assert.is(cases.length, 914);
    assert.is(taken, 43);
  });
}

test('property: honest signatures hold, changed ones do not, as with the pinned verifier', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12));
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.nat(95),
      fc.integer({ min: 1, max: 255 }),
      (message, at, bits) => {
        const signature = new Uint8Array(sign(null, message, privateKey));
        assert.ok(strict(key, message, signature));
        const [changedKey, changedSignature] = [key.slice(), signature.slice()];
        if (at < 64) changedSignature[at]! ^= bits;
        else changedKey[at - 64]! ^= bits;
        assert.is(
          strict(changedKey, message, changedSignature),
          verifyEd25519(changedKey, message, changedSignature),
        );
      },
    ),
    { numRuns: 100 },
  );
  assert.not(strict(key.subarray(1), new Uint8Array(0), new Uint8Array(64)));
  assert.not(strict(key, new Uint8Array(0), new Uint8Array(63)));
});
