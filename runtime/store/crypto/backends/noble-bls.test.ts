/** Aggregates of signatures over one message, and why possession must be proven first. */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { assertFails } from '../../../../test/conformance/fixture.ts';
import { assert, suite } from '../../../../test/harness.ts';
import type { ProvenKey } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { blsScheme } from './noble-bls.ts';

const test = suite('BLS aggregates', { limitMs: 30_000 });
const scheme = blsScheme();
const message = new TextEncoder().encode('the decision');
const seats = Array.from({ length: 12 }, (_, at) => {
  const seed = new Uint8Array(32).fill(at + 1);
  return { seed, key: scheme.keyFromSeed(seed), proof: scheme.provePossession(seed) };
});
const proven = (): ProvenKey[] => seats.map(({ key, proof }) => scheme.admit(key.publicKey, proof)!);

test('twelve signatures over one message become one of 96 bytes that all twelve keys answer for', () => {
  const aggregate = scheme.aggregate(seats.map(({ key }) => key.sign(message)));
  assert.is(aggregate.length, 96);
  const keys = proven();
  assert.ok(scheme.verifyAggregate(keys, message, aggregate));
  assert.not(scheme.verifyAggregate(keys.slice(1), message, aggregate));
  assert.not(scheme.verifyAggregate(keys, new TextEncoder().encode('another'), aggregate));
  assert.not(scheme.verifyAggregate([], message, aggregate));
  const without = scheme.aggregate(seats.slice(1).map(({ key }) => key.sign(message)));
  assert.not(scheme.verifyAggregate(keys, message, without));
});

test('a proof of possession holds for its own key alone, and is no signature', () => {
  const [one, two] = seats;
  assert.ok(scheme.admit(one!.key.publicKey, one!.proof));
  assert.is(scheme.admit(two!.key.publicKey, one!.proof), undefined);
  assert.is(scheme.admit(one!.key.publicKey, one!.key.sign(one!.key.publicKey)), undefined);
  assert.not(scheme.verify(one!.key.publicKey, one!.key.publicKey, one!.proof));
  const identity = Uint8Array.of(0xc0, ...new Uint8Array(47));
  assert.is(scheme.admit(identity, Uint8Array.of(0xc0, ...new Uint8Array(95))), undefined);
});

test('a key made from the keys of others would forge their aggregate; without a proof it is not taken', async () => {
  // The attacker's key is its own minus all others': the sum of all keys is then a key whose secret it knows.
  const own = scheme.keyFromSeed(new Uint8Array(32).fill(99));
  const point = (bytes: Uint8Array): InstanceType<typeof bls12_381.G1.Point> =>
    bls12_381.G1.Point.fromBytes(bytes);
  const others = seats.map(({ key }) => point(key.publicKey)).reduce((sum, one) => sum.add(one));
  const rogue = point(own.publicKey).subtract(others).toBytes();
  const forged = own.sign(message);
  const sum = bls12_381.longSignatures.aggregatePublicKeys([...seats.map(({ key }) => key.publicKey), rogue]);
  assert.ok(scheme.verify(sum.toBytes(), message, forged), 'the attack works on plain sums of keys');
  assert.is(scheme.admit(rogue, own.sign(rogue)), undefined);
  const keys = [...proven(), { publicKey: rogue }];
  await assertFails(() => scheme.verifyAggregate(keys, message, forged), 'invalid_argument');
});

test('nothing, or nonsense, is not aggregated', async () => {
  await assertFails(() => scheme.aggregate([]), 'invalid_argument');
  await assertFails(() => scheme.aggregate([new Uint8Array(96)]), 'invalid_argument');
});
