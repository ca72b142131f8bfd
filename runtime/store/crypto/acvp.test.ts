/** NIST ACVP vectors of ML-KEM (FIPS 203), ML-DSA (FIPS 204) and SLH-DSA (FIPS 205). */
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024, ml_kem512, ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { assert, suite } from '../../../test/harness.ts';
import { absenceOf, acvpGroups, digits, hex } from '../../../test/vectors/kat.ts';
import type { KemAlgorithm, SignatureAlgorithm } from '../../kernel/ports/crypto/algorithms.ts';
import type { CryptoBackend } from './backend.ts';
import { liboqsBackend, liboqsKem, liboqsSigner } from './backends/liboqs.ts';
import { noblePostQuantumBackend } from './backends/noble-post-quantum.ts';
import { nodeBackend } from './backends/node-backend.ts';

const test = suite('ACVP', { limitMs: 60_000 });
const absence = absenceOf('acvp');
const backends: readonly CryptoBackend[] = [nodeBackend(), liboqsBackend(), noblePostQuantumBackend()];
const DSA = { 'ML-DSA-44': ml_dsa44, 'ML-DSA-65': ml_dsa65, 'ML-DSA-87': ml_dsa87 };
const KEM = { 'ML-KEM-512': ml_kem512, 'ML-KEM-768': ml_kem768, 'ML-KEM-1024': ml_kem1024 };

interface DsaCase {
  readonly tcId: number;
  readonly message?: string;
  readonly mu?: string;
  readonly context?: string;
  readonly sk: string;
  readonly pk: string;
  readonly rnd?: string;
  readonly signature: string;
  readonly testPassed: boolean;
}

interface KemCase {
  readonly d: string;
  readonly z: string;
  readonly ek: string;
  readonly dk: string;
  readonly m: string;
  readonly c: string;
  readonly k: string;
  readonly testPassed: boolean;
}

interface SlhCase {
  readonly skSeed: string;
  readonly skPrf: string;
  readonly pkSeed: string;
  readonly pk: string;
  readonly message: string;
  readonly signature: string;
  readonly testPassed: boolean;
}

if (absence !== undefined) {
  test.skip('ACVP', absence);
} else {
  test('ACVP ML-DSA-keyGen-FIPS204: 75 key pairs, on each backend', async () => {
    let count = 0;
    for (const { parameterSet, tests } of acvpGroups<{ seed: string; pk: string }>('ML-DSA-keyGen-FIPS204')) {
      for (const backend of backends) {
        const scheme = await backend.signature(parameterSet.toLowerCase() as SignatureAlgorithm);
        if (!scheme) continue;
        for (const { seed, pk } of tests)
          assert.is(digits(scheme.keyFromSeed(hex(seed)).publicKey), pk.toLowerCase());
      }
      count += tests.length;
    }
    assert.is(count, 75);
  });

  test('ACVP ML-DSA-sigGen-FIPS204: 54 signatures, pure and internal; 18 of HashML-DSA are not offered', () => {
    let count = 0;
    for (const group of acvpGroups<DsaCase>('ML-DSA-sigGen-FIPS204.first3')) {
      if (group.preHash === 'preHash') continue;
      const dsa = DSA[group.parameterSet as keyof typeof DSA];
      for (const one of group.tests) {
        const extraEntropy = one.rnd === undefined ? false : hex(one.rnd);
        const bytes = hex(one.message ?? one.mu!);
        const { externalMu = false } = group;
        const signature =
          group.signatureInterface === 'internal'
            ? dsa.internal.sign(bytes, hex(one.sk), { extraEntropy, externalMu })
            : dsa.sign(bytes, hex(one.sk), { extraEntropy, context: hex(one.context!) });
        assert.is(digits(signature), one.signature.toLowerCase(), `tcId ${one.tcId}`);
        count += 1;
      }
    }
    assert.is(count, 54);
  });

  test('ACVP ML-DSA-sigVer-FIPS204: 135 of 180; 45 of HashML-DSA are not offered', () => {
    let count = 0;
    for (const group of acvpGroups<DsaCase>('ML-DSA-sigVer-FIPS204.nosk')) {
      if (group.preHash === 'preHash') continue;
      const dsa = DSA[group.parameterSet as keyof typeof DSA];
      for (const one of group.tests) {
        const [signature, bytes, key] = [hex(one.signature), hex(one.message ?? one.mu!), hex(one.pk)];
        const holds =
          group.signatureInterface === 'internal'
            ? dsa.internal.verify(signature, bytes, key, { externalMu: group.externalMu ?? false })
            : dsa.verify(signature, bytes, key, { context: hex(one.context!) });
        assert.is(holds, one.testPassed, `tcId ${one.tcId}`);
        count += 1;
      }
    }
    assert.is(count, 135);
  });

  test('ACVP ML-KEM-keyGen-FIPS203: 75 key pairs, on each backend', async () => {
    let count = 0;
    for (const { parameterSet, tests } of acvpGroups<KemCase>('ML-KEM-keyGen-FIPS203')) {
      for (const backend of backends) {
        const scheme = await backend.kem(parameterSet.toLowerCase() as KemAlgorithm);
        if (!scheme) continue;
        for (const { d, z, ek } of tests)
          assert.is(digits(scheme.keyFromSeed(hex(d + z)).publicKey), ek.toLowerCase());
      }
      count += tests.length;
    }
    assert.is(count, 75);
  });

  test('ACVP ML-KEM-encapDecap-FIPS203: 75 encapsulations and 30 decapsulations', async () => {
    let count = 0;
    for (const group of acvpGroups<KemCase>('ML-KEM-encapDecap-FIPS203')) {
      if (group.function !== 'encapsulation' && group.function !== 'decapsulation') continue;
      const kem = KEM[group.parameterSet as keyof typeof KEM];
      const liboqs = (await liboqsKem(group.parameterSet.toLowerCase() as KemAlgorithm))!;
      for (const { ek, dk, m, c, k } of group.tests) {
        if (group.function === 'encapsulation') {
          const { cipherText, sharedSecret } = kem.encapsulate(hex(ek), hex(m));
          assert.equal([digits(cipherText), digits(sharedSecret)], [c.toLowerCase(), k.toLowerCase()]);
        }
        assert.is(digits(kem.decapsulate(hex(c), hex(dk))), k.toLowerCase());
        assert.is(digits(liboqs.decapsulate(hex(c), hex(dk))), k.toLowerCase());
        count += 1;
      }
    }
    assert.is(count, 105);
  });

  test('ACVP ML-KEM key checks (FIPS 203 §7.2, §7.3): 60 public and 60 private keys', async () => {
    let count = 0;
    for (const file of ['ML-KEM-encapDecap-FIPS203', 'ML-KEM-keyCheck-FIPS203-tr1']) {
      for (const group of acvpGroups<KemCase>(file)) {
        const kem = KEM[group.parameterSet as keyof typeof KEM];
        for (const one of group.tests) {
          if (group.function === 'encapsulationKeyCheck') {
            for (const backend of backends) {
              const scheme = await backend.kem(group.parameterSet.toLowerCase() as KemAlgorithm);
              if (!scheme) continue;
              assert.is(
                doesNotThrow(() => scheme.encapsulate(hex(one.ek))),
                one.testPassed,
                backend.name,
              );
            }
          } else if (group.function === 'decapsulationKeyCheck') {
            const ciphertext = new Uint8Array(kem.lengths.cipherText!);
            assert.is(
              doesNotThrow(() => kem.decapsulate(ciphertext, hex(one.dk))),
              one.testPassed,
            );
          } else continue;
          count += 1;
        }
      }
    }
    assert.is(count, 120);
  });

  test('ACVP SLH-DSA-keyGen-FIPS205: 60 key pairs of the f sets; 1 of each s set (10 s each otherwise)', async () => {
    let count = 0;
    for (const { parameterSet, tests } of acvpGroups<SlhCase>('SLH-DSA-keyGen-FIPS205')) {
      const scheme = await noblePostQuantumBackend().signature(
        parameterSet.toLowerCase() as SignatureAlgorithm,
      );
      for (const one of parameterSet.endsWith('s') ? tests.slice(0, 1) : tests) {
        // The s sets in SHAKE take a second for a key: the self-test covers their generation.
        if (/SHAKE.*s$/.test(parameterSet)) continue;
        const key = scheme!.keyFromSeed(hex(one.skSeed + one.skPrf + one.pkSeed));
        assert.is(digits(key.publicKey), one.pk.toLowerCase());
        count += 1;
      }
    }
    assert.is(count, 63);
  });

  test('ACVP SLH-DSA-sigVer-FIPS205: 45 cases of the internal interface', async () => {
    const library = await import('@noble/post-quantum/slh-dsa.js');
    let count = 0;
    for (const { parameterSet, tests } of acvpGroups<SlhCase>('SLH-DSA-sigVer-FIPS205.sample')) {
      const name =
        `slh_dsa_${parameterSet.slice(8).toLowerCase().replaceAll('-', '_')}` as 'slh_dsa_sha2_192s';
      for (const one of tests) {
        const [signature, message, key] = [hex(one.signature), hex(one.message), hex(one.pk)];
        assert.is(library[name].internal.verify(signature, message, key), one.testPassed);
        count += 1;
      }
    }
    assert.is(count, 45);
  });

  test('ACVP ML-DSA-sigVer-FIPS204 on liboqs: cases without a context, the only ones that it takes', async () => {
    let count = 0;
    for (const group of acvpGroups<DsaCase>('ML-DSA-sigVer-FIPS204.nosk')) {
      if (group.preHash !== 'pure') continue;
      const signer = (await liboqsSigner(group.parameterSet.toLowerCase() as SignatureAlgorithm))!;
      for (const one of group.tests) {
        if (one.context !== '' && one.testPassed) {
          // Made for a context: under none it must not verify.
          assert.not(signer.verify(hex(one.message!), hex(one.signature), hex(one.pk)));
          count += 1;
        }
      }
    }
    assert.ok(count > 0);
  });
}

function doesNotThrow(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
