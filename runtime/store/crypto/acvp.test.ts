/** NIST ACVP vectors of ML-KEM (FIPS 203), ML-DSA (FIPS 204) and SLH-DSA (FIPS 205). */
import { assert, suite } from '../../../test/harness.ts';
import { absenceOf, acvpGroups, digits, hex } from '../../../test/vectors/kat.ts';
import type { KemAlgorithm, SignatureAlgorithm } from '../../kernel/ports/crypto/algorithms.ts';
import type { CryptoBackend } from './backend.ts';
import { liboqsBackend } from './liboqs.ts';
import { noblePostQuantumBackend } from './noble-post-quantum.ts';
import { nodeBackend } from './node-backend.ts';

const test = suite('ACVP', { limitMs: 60_000 });
const absence = absenceOf('acvp');
const backends: readonly CryptoBackend[] = [nodeBackend(), liboqsBackend(), noblePostQuantumBackend()];

if (absence === undefined) {
  test('ACVP ML-DSA-keyGen-FIPS204: 75 key pairs on each backend', async () => {
    interface Case {
      readonly seed: string;
      readonly pk: string;
    }
    let count = 0;
    for (const { parameterSet, tests } of acvpGroups<Case>('ML-DSA-keyGen-FIPS204')) {
      for (const backend of backends) {
        const scheme = await backend.signature(parameterSet.toLowerCase() as SignatureAlgorithm);
        if (!scheme) continue;
        for (const { seed, pk } of tests) {
          assert.is(digits(scheme.keyFromSeed(hex(seed)).publicKey), pk.toLowerCase());
        }
      }
      count += tests.length;
    }
    assert.is(count, 75);
  });

  test('ACVP ML-KEM-keyGen-FIPS203: 75 key pairs on each backend', async () => {
    interface Case {
      readonly d: string;
      readonly z: string;
      readonly ek: string;
    }
    let count = 0;
    for (const { parameterSet, tests } of acvpGroups<Case>('ML-KEM-keyGen-FIPS203')) {
      for (const backend of backends) {
        const scheme = await backend.kem(parameterSet.toLowerCase() as KemAlgorithm);
        if (!scheme) continue;
        for (const { d, z, ek } of tests) {
          assert.is(digits(scheme.keyFromSeed(hex(d + z)).publicKey), ek.toLowerCase());
        }
      }
      count += tests.length;
    }
    assert.is(count, 75);
  });
} else {
  test.skip('ACVP', absence);
}
