/** The provider: what it gives out, what it refuses, and that a failing library is passed over. */
import type { AggregateScheme } from '../../kernel/ports/crypto/crypto-provider.ts';
import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import type { CryptoBackend } from './backend.ts';
import { algorithmInfos } from './catalogue.ts';
import { blstBackend } from './backends/blst.ts';
import { liboqsBackend } from './backends/liboqs.ts';
import { nobleCurvesBackend } from './backends/noble-curves.ts';
import { noblePostQuantumBackend } from './backends/noble-post-quantum.ts';
import { nodeBackend } from './backends/node-backend.ts';
import { openCrypto } from './open-crypto.ts';

const test = suite('crypto provider', { limitMs: 30_000 });
const message = new TextEncoder().encode('message');
const seedOf = (length: number): Uint8Array => new Uint8Array(length).fill(7);

test('without the switch no post-quantum algorithm is given out, and the report says why', async () => {
  const crypto = openCrypto({ postQuantum: false });
  for (const { algorithm, kind, isPostQuantum } of algorithmInfos()) {
    if (!isPostQuantum) continue;
    const open =
      kind === 'kem' ? crypto.kem(algorithm as 'x-wing') : crypto.signature(algorithm as 'ml-dsa-44');
    await assertFails(() => open, 'not_supported');
  }
  const reports = await crypto.selfTest();
  const quantum = new Set(
    algorithmInfos()
      .filter((one) => one.isPostQuantum)
      .map((one) => one.algorithm),
  );
  for (const { algorithm, state, standing, isChosen } of reports) {
    if (quantum.has(algorithm)) {
      assert.is(state, 'off');
      assert.is.not(standing, 'audited');
    } else {
      assert.is(state, 'passed', algorithm);
      assert.is(standing, 'audited');
    }
    if (state === 'off') assert.not(isChosen);
  }
  const chosen = reports.filter((one) => one.isChosen).map((one) => `${one.algorithm} ${one.backend}`);
  const expected = [
    'ed25519 node',
    'ecdsa-p256 node',
    'ecdsa-secp256k1 node',
    `bls12-381 ${blst ? 'blst' : 'noble-curves'}`,
  ];
  assert.equal(chosen, [...expected, 'aes-256-gcm node']);
});

test('a key follows from its seed alone, and what one library signs the other verifies', async () => {
  const pairs: [CryptoBackend, CryptoBackend, boolean][] = [
    [nodeBackend(), nobleCurvesBackend(), false],
    [liboqsBackend(), noblePostQuantumBackend(), true],
  ];
  for (const [left, right, isQuantum] of pairs) {
    const names = isQuantum
      ? (['ml-dsa-44'] as const)
      : (['ed25519', 'ecdsa-p256', 'ecdsa-secp256k1'] as const);
    for (const name of names) {
      const schemes = [await left.signature(name), await right.signature(name)];
      const keys = schemes.map((scheme) => scheme!.keyFromSeed(seedOf(32)));
      assert.equal([...keys[0]!.publicKey], [...keys[1]!.publicKey], name);
      for (const [at, scheme] of schemes.entries()) {
        const signature = keys[1 - at]!.sign(message);
        assert.ok(scheme!.verify(keys[0]!.publicKey, message, signature), `${name} on ${scheme!.backend}`);
        assert.not(scheme!.verify(keys[0]!.publicKey, signature, signature));
        assert.not(scheme!.verify(keys[0]!.publicKey.subarray(1), message, signature));
        assert.not(scheme!.verify(keys[0]!.publicKey, message, signature.subarray(1)));
      }
    }
  }
});

test('where blst is not installed, noble has BLS', async () => {
  const without = openCrypto({ postQuantum: false, backends: [nobleCurvesBackend()] });
  assert.is((await without.aggregate()).backend, 'noble-curves');
});

const blst = (await blstBackend().signature('bls12-381')) as AggregateScheme | undefined;
const AGREE = 'blst and noble give the same BLS signatures, alone and together';
if (!blst) test.skip(AGREE, 'the optional @chainsafe/blst has no binary for this machine');
else
  test(AGREE, async () => {
    const noble = (await nobleCurvesBackend().signature('bls12-381')) as AggregateScheme;
    const seeds = [seedOf(32), new Uint8Array(32).fill(3)];
    assert.equal(blst.keyFromSeed(seeds[0]!).publicKey, noble.keyFromSeed(seeds[0]!).publicKey);
    assert.equal(blst.keyFromSeed(seeds[0]!).sign(message), noble.keyFromSeed(seeds[0]!).sign(message));
    assert.equal(blst.signTogether(seeds, message), noble.signTogether(seeds, message));
    assert.equal(blst.provePossession(seeds[0]!), noble.provePossession(seeds[0]!));
  });

test('a library that fails its self-test, or does not load, is passed over', async () => {
  const lying: CryptoBackend = {
    ...nodeBackend(),
    async signature(algorithm) {
      const scheme = await nodeBackend().signature(algorithm);
      return scheme && { ...scheme, verify: () => true };
    },
  };
  const broken: CryptoBackend = {
    ...liboqsBackend(),
    signature: () => Promise.reject(new Error('no WebAssembly here')),
  };
  const crypto = openCrypto({ postQuantum: false, backends: [lying, broken, nobleCurvesBackend()] });
  assert.is((await crypto.signature('ed25519')).backend, 'noble-curves');
  const reports = (await crypto.selfTest()).filter((one) => one.algorithm === 'ed25519');
  assert.equal(
    reports.map(({ backend, state, isChosen }) => [backend, state, isChosen]),
    [
      ['node', 'failed', false],
      ['liboqs', 'failed', false],
      ['noble-curves', 'passed', true],
    ],
  );
  assert.match(reports[0]!.detail, /verifies for another message/);
  assert.match(reports[1]!.detail, /no WebAssembly here/);
  const none = openCrypto({ postQuantum: true, backends: [lying] });
  await assertFails(() => none.signature('ed25519'), 'not_supported');
  await assertFails(() => none.kem('ml-kem-768').then(() => none.signature('falcon-512')), 'not_supported');
});

test('the pinned verifier of ballots is not replaced: the provider’s Ed25519 of node is the same function', async () => {
  const scheme = await openCrypto({ postQuantum: false }).signature('ed25519');
  assert.is(scheme.backend, 'node');
  assert.is(scheme.verify, verifyEd25519);
});

test('a seed of another length is refused, whatever the backend', async () => {
  for (const backend of [nodeBackend(), nobleCurvesBackend()]) {
    const scheme = await backend.signature('ed25519');
    await assertFails(() => scheme!.keyFromSeed(seedOf(31)), 'invalid_argument');
  }
  const crypto = openCrypto({ postQuantum: true });
  const kem = await crypto.kem('ml-kem-768');
  await assertFails(() => kem.keyFromSeed(seedOf(32)), 'invalid_argument');
  await assertFails(() => kem.encapsulate(seedOf(1_183)), 'invalid_argument');
  // Coefficients of 0xfff are not reduced: FIPS 203 §7.2 refuses the key on every backend.
  await assertFails(() => kem.encapsulate(new Uint8Array(1_184).fill(0xff)), 'invalid_argument');
});
