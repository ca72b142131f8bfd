/** What a verifier of aggregates must refuse, and a published vector of FastAggregateVerify. */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { assert, suite } from '../../../test/harness.ts';
import { concatBytes, fromHex, utf8 } from '../bytes.ts';
import { BLS_POSSESSION_DOMAIN, BLS_SIGNATURE_DOMAIN, blsVerifier } from './bls-verifier.ts';

const test = suite('BLS verifier', { limitMs: 60_000 });
const bls = blsVerifier(bls12_381);
const { longSignatures: scheme, G1, G2, fields } = bls12_381;
const message = utf8('the round');
const signed = (bytes: Uint8Array, domain: string, secret: Uint8Array): Uint8Array =>
  scheme.sign(scheme.hash(bytes, domain), secret).toBytes();
const seats = [1, 2, 3].map((seed) => {
  const secret = new Uint8Array(32).fill(seed);
  const publicKey = scheme.getPublicKey(secret).toBytes();
  return { secret, publicKey, proof: signed(publicKey, BLS_POSSESSION_DOMAIN, secret) };
});
const keys = seats.map(({ publicKey }) => publicKey);
const sum = (points: readonly Uint8Array[]): Uint8Array =>
  scheme.aggregateSignatures(points.map((one) => Uint8Array.from(one))).toBytes();
const together = sum(seats.map(({ secret }) => signed(message, BLS_SIGNATURE_DOMAIN, secret)));
const NO_KEY = concatBytes(Uint8Array.of(0xc0), new Uint8Array(47));
const NO_SIGNATURE = concatBytes(Uint8Array.of(0xc0), new Uint8Array(95));

test('Ethereum consensus-spec-tests, bls/fast_aggregate_verify of the same suite: three keys', () => {
  const publicKeys = [
    'a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a',
    'b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491af75d0707adab3b70c6a6a580217bf81',
    'b53d21a4cfd562c469cc81514d4ce5a6b577d8403d32a394dc265dd190b47fa9f829fdd7963afdf972e5e77854051f6f',
  ].map(fromHex);
  const signature = fromHex(
    '9712c3edd73a209c742b8250759db12549b3eaf43b5ca61376d9f30e2747dbcf842d8b2ac0901d2a093713e20284a767' +
      '0fcf6954e9ab93de991bb9b313e664785a075fc285806fa5224c82bde146561b446ccfc706a64b8579513cfc4ff1d930',
  );
  assert.ok(bls.verifyTogether(publicKeys, new Uint8Array(32).fill(0xab), signature));
  assert.not(bls.verifyTogether(publicKeys.slice(1), new Uint8Array(32).fill(0xab), signature));
  assert.not(bls.verifyTogether(publicKeys, new Uint8Array(32).fill(0xac), signature));
  assert.not(bls.verifyTogether([], new Uint8Array(32).fill(0xab), signature));
});

test('all keys that are named must have signed, once each, and nobody else', () => {
  assert.ok(bls.verifyTogether(keys, message, together));
  assert.ok(bls.verifyTogether(keys.toReversed(), message, together), 'a sum has no order');
  assert.not(bls.verifyTogether(keys.slice(1), message, together), 'one more signed');
  assert.not(bls.verifyTogether([...keys, keys[0]!], message, together), 'one is named twice');
  const twice = sum([together, signed(message, BLS_SIGNATURE_DOMAIN, seats[0]!.secret)]);
  assert.not(bls.verifyTogether(keys, message, twice), 'one signed twice');
  const absent = sum(seats.slice(1).map(({ secret }) => signed(message, BLS_SIGNATURE_DOMAIN, secret)));
  assert.not(bls.verifyTogether(keys, message, absent), 'one did not sign');
  assert.not(bls.verifyTogether([], message, together));
});

test('points at infinity are no key, no signature and no sum', () => {
  assert.not(bls.verify(NO_KEY, message, NO_SIGNATURE));
  assert.not(bls.verifyPossession(NO_KEY, NO_SIGNATURE));
  assert.not(bls.verifyTogether([NO_KEY], message, NO_SIGNATURE));
  assert.not(bls.verifyTogether([...keys, NO_KEY], message, together), 'it would add nothing to the sum');
  const opposite = G1.Point.fromBytes(keys[0]!).negate().toBytes();
  assert.not(bls.verifyTogether([keys[0]!, opposite], message, NO_SIGNATURE));
});

test('points of the curve outside the subgroup are refused, as are those off it', () => {
  const key = outside(G1.Point, 48);
  const signature = outside(G2.Point, 96);
  const [{ publicKey, secret }] = [seats[0]!];
  assert.not(bls.verifyPossession(key, signed(key, BLS_POSSESSION_DOMAIN, secret)));
  assert.not(bls.verifyTogether([...keys, key], message, together));
  assert.not(bls.verify(publicKey, message, signature));
  assert.not(bls.verifyTogether(keys, message, signature));
  const broken = Uint8Array.from(publicKey);
  broken[47]! ^= 1;
  assert.not(bls.verify(broken, message, signed(message, BLS_SIGNATURE_DOMAIN, secret)));
});

test('one key has one spelling: the uncompressed form of a valid point is refused', () => {
  const { publicKey, secret, proof } = seats[0]!;
  const long = G1.Point.fromBytes(publicKey).toBytes(false);
  assert.is(long.length, 96);
  assert.not(bls.verify(long, message, signed(message, BLS_SIGNATURE_DOMAIN, secret)));
  assert.not(bls.verifyPossession(publicKey, G2.Point.fromBytes(proof).toBytes(false)));
  assert.not(bls.verify(publicKey, message, new Uint8Array(0)));
});

test('domains keep signatures, proofs of possession and other schemes apart', () => {
  const { publicKey, secret, proof } = seats[0]!;
  assert.ok(bls.verifyPossession(publicKey, proof));
  assert.ok(bls.verifyPossession(publicKey, proof), 'remembered');
  assert.not(bls.verifyPossession(seats[1]!.publicKey, proof));
  assert.not(bls.verifyPossession(publicKey, signed(publicKey, BLS_SIGNATURE_DOMAIN, secret)));
  assert.not(bls.verify(publicKey, publicKey, proof));
  for (const scheme_ of ['NUL', 'AUG']) {
    const domain = BLS_SIGNATURE_DOMAIN.replace('POP', scheme_);
    assert.not(bls.verify(publicKey, message, signed(message, domain, secret)), domain);
  }
});

test('a rogue key answers for an aggregate that nobody else signed, and has no proof of possession', () => {
  const own = new Uint8Array(32).fill(99);
  const others = keys.map((key) => G1.Point.fromBytes(key)).reduce((all, one) => all.add(one));
  const rogue = scheme.getPublicKey(own).subtract(others).toBytes();
  const forged = signed(message, BLS_SIGNATURE_DOMAIN, own);
  assert.ok(bls.verifyTogether([...keys, rogue], message, forged), 'the attack works without proofs');
  for (const proof of [
    signed(rogue, BLS_POSSESSION_DOMAIN, own),
    seats[0]!.proof,
    NO_SIGNATURE,
    // Its own proof less those of the others, which is how the key was made.
    G2.Point.fromBytes(signed(rogue, BLS_POSSESSION_DOMAIN, own))
      .subtract(G2.Point.fromBytes(sum(seats.map((seat) => seat.proof))))
      .toBytes(),
  ])
    assert.not(bls.verifyPossession(rogue, proof));
});

/** A point on the curve that is not in the subgroup of prime order: nearly every one is none. */
function outside(points: { fromBytes(bytes: Uint8Array): unknown }, length: number): Uint8Array {
  for (let x = 1; x < 200; x += 1) {
    const bytes = new Uint8Array(length);
    bytes[0] = 0x80;
    bytes[length - 1] = x;
    if (isOnCurve(bytes, length)) {
      assert.throws(() => (points.fromBytes(bytes) as { assertValidity(): void }).assertValidity());
      return bytes;
    }
  }
  throw new RangeError('no point found');
}

/** y² = x³ + 4 in Fp, y² = x³ + 4(1 + i) in Fp². */
function isOnCurve(bytes: Uint8Array, length: number): boolean {
  const x = BigInt(bytes[length - 1]!);
  try {
    if (length === 48) fields.Fp.sqrt(fields.Fp.create(x ** 3n + 4n));
    else {
      const at = fields.Fp2.fromBigTuple([x, 0n]);
      const cube = fields.Fp2.mul(fields.Fp2.sqr(at), at);
      fields.Fp2.sqrt(fields.Fp2.add(cube, fields.Fp2.fromBigTuple([4n, 4n])));
    }
    return true;
  } catch {
    return false;
  }
}
