import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import { assert, suite } from '../../../../../test/harness.ts';
import { newRecoveryCodes, plainRecoveryCode } from './recovery-codes.ts';
import { factorUri, newFactorSecret, stepOfCode } from './time-codes.ts';

const test = suite('time-codes');
const SECRET = new TextEncoder().encode('12345678901234567890');

// RFC 6238 appendix B, SHA-1; the codes there have eight digits, of which ours are the last six.
for (const [seconds, code, step] of [
  [59, '94287082', 0x1],
  [1_111_111_109, '07081804', 0x23523ec],
  [1_111_111_111, '14050471', 0x23523ed],
  [1_234_567_890, '89005924', 0x273ef07],
  [2_000_000_000, '69279037', 0x3f940aa],
  [20_000_000_000, '65353130', 0x27bc86aa],
] as const) {
  test(`RFC 6238: ${code} at ${seconds} s`, () => {
    const at = { nowWallMs: seconds * 1_000, afterStep: -1 };
    assert.is(stepOfCode(SECRET, code.slice(2), at), step);
    assert.is(generateSync({ secret: SECRET, epoch: seconds, digits: 8 }), code);
  });
}

test('a code holds one step either way, and no step twice', () => {
  const code = '287082';
  const step = (seconds: number, afterStep = -1): number | undefined =>
    stepOfCode(SECRET, code, { nowWallMs: seconds * 1_000, afterStep });
  assert.equal(
    [0, 29, 30, 59, 60, 89, 90].map((seconds) => step(seconds)),
    [1, 1, 1, 1, 1, 1, undefined],
  );
  assert.is(step(59, 0), 1);
  assert.is(step(59, 1), undefined);
  assert.is(step(59, 9), undefined, 'a clock that went back');
});

test('what is no code is refused without a look', () => {
  for (const code of ['', '28708', '2870822', '28708a', '２８７０８２', ' 287082']) {
    assert.is(stepOfCode(SECRET, code, { nowWallMs: 59_000, afterStep: -1 }), undefined);
  }
});

test('a secret has 160 bits and stands in the address that authenticators read', () => {
  const secret = newFactorSecret(randomBytes);
  assert.match(secret, /^[A-Z2-7]{32}$/);
  const uri = new URL(factorUri(secret, 'Alice & Bob'));
  assert.is(uri.protocol + uri.host, 'otpauth:totp');
  assert.is(decodeURIComponent(uri.pathname), '/Witan:Alice & Bob');
  assert.is(uri.searchParams.get('secret'), secret);
});

test('ten recovery codes differ, and are read as people write them', () => {
  const codes = newRecoveryCodes(randomBytes);
  assert.is(new Set(codes).size, 10);
  for (const code of codes) {
    assert.match(code, /^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/);
    assert.is(plainRecoveryCode(` ${code.toUpperCase()} `), code.replace('-', ''));
  }
  assert.is(plainRecoveryCode('OIL00-00000'), '0110000000');
  assert.is(plainRecoveryCode('123456'), undefined);
});
