/** Project Wycheproof: Ed25519, ECDSA on secp256k1, BLS12-381, X25519, ML-KEM, ML-DSA-44. */
import { diffieHellman, createPrivateKey, createPublicKey } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { assert, suite } from '../../../test/harness.ts';
import { absenceOf, digits, hex, katJson } from '../../../test/vectors/kat.ts';
import type { KemAlgorithm } from '../../kernel/ports/crypto/algorithms.ts';
import { derElement, pkcs8Of, spkiOf } from './backends/asn1-key.ts';
import { holds, type CryptoBackend } from './backend.ts';
import { liboqsBackend, liboqsSigner } from './backends/liboqs.ts';
import { isLowS, CURVE_ORDERS } from './backends/low-s.ts';
import { blsScheme } from './backends/noble-bls.ts';
import { nobleCurvesBackend } from './backends/noble-curves.ts';
import { noblePostQuantumBackend } from './backends/noble-post-quantum.ts';
import { nodeBackend } from './backends/node-backend.ts';

const test = suite('Wycheproof', { limitMs: 60_000 });
const absence = absenceOf('wycheproof');
/** Domain of the basic scheme. @source draft-irtf-cfrg-bls-signature-05 §4.2.1 */
const BASIC = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_';
const X25519 = Buffer.from('2b656e', 'hex');

interface Case {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags: readonly string[];
  readonly msg: string;
  readonly ctx?: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly expected: string;
  readonly pubkeys: readonly string[];
  readonly messages: readonly string[];
  readonly public: string;
  readonly private: string;
  readonly shared: string;
  readonly seed: string;
  readonly ek: string;
  readonly c: string;
  readonly K: string;
}

interface Group {
  readonly publicKey: string | { readonly pk: string; readonly uncompressed: string };
  readonly parameterSet: string;
  readonly dst: string;
  readonly tests: readonly Case[];
}

const groupsOf = (file: string): readonly Group[] =>
  katJson<{ testGroups: Group[] }>(`wycheproof/${file}`).testGroups;
const keyOf = ({ publicKey }: Group): { pk: string; uncompressed: string } =>
  publicKey as { pk: string; uncompressed: string };
const compressed = (group: Group): Uint8Array => {
  const point = hex(keyOf(group).uncompressed);
  return Uint8Array.of(2 + (point[64]! & 1), ...point.subarray(1, 33));
};

if (absence !== undefined) {
  test.skip('Wycheproof', absence);
} else {
  test('ed25519_test: 151 cases, alike on node:crypto (the pinned verifier) and noble-curves', async () => {
    for (const backend of [nodeBackend(), nobleCurvesBackend()]) {
      const scheme = (await backend.signature('ed25519'))!;
      let count = 0;
      for (const group of groupsOf('ed25519_test.json')) {
        for (const one of group.tests) {
          const verdict = scheme.verify(hex(keyOf(group).pk), hex(one.msg), hex(one.sig));
          assert.is(verdict, one.result === 'valid', `${backend.name} tcId ${one.tcId}`);
          count += 1;
        }
      }
      assert.is(count, 151);
    }
  });

  test('ecdsa_secp256k1_sha256_p1363_test: 252 cases; the 72 valid ones with a high S are refused', async () => {
    for (const backend of [nodeBackend(), nobleCurvesBackend()]) {
      const scheme = (await backend.signature('ecdsa-secp256k1'))!;
      let [count, refused] = [0, 0];
      for (const group of groupsOf('ecdsa_secp256k1_sha256_p1363_test.json')) {
        for (const one of group.tests) {
          const verdict = scheme.verify(compressed(group), hex(one.msg), hex(one.sig));
          const isHigh = !isLowS(hex(one.sig), CURVE_ORDERS['ecdsa-secp256k1']);
          assert.is(verdict, one.result === 'valid' && !isHigh, `${backend.name} tcId ${one.tcId}`);
          if (one.result === 'valid' && isHigh) refused += 1;
          count += 1;
        }
      }
      assert.equal([count, refused], [252, 72]);
    }
  });

  test('ecdsa_secp256k1_sha256_bitcoin_test: 463 cases in DER, low S demanded', () => {
    let count = 0;
    for (const group of groupsOf('ecdsa_secp256k1_sha256_bitcoin_test.json')) {
      for (const one of group.tests) {
        const options = { format: 'der', lowS: true, prehash: true } as const;
        const verdict = holds(() => secp256k1.verify(hex(one.sig), hex(one.msg), compressed(group), options));
        assert.is(verdict, one.result === 'valid', `tcId ${one.tcId}`);
        count += 1;
      }
    }
    assert.is(count, 463);
  });

  test('bls_hash_to_g2_test: 34 cases', () => {
    const [group] = groupsOf('bls_hash_to_g2_test.json');
    for (const one of group!.tests) {
      const point = bls12_381.longSignatures.hash(hex(one.msg), group!.dst);
      assert.is(digits(point.toBytes(true)), one.expected, `tcId ${one.tcId}`);
    }
    assert.is(group!.tests.length, 34);
  });

  test('bls_sig_g2_pop_verify_test: 26 cases', () => {
    const scheme = blsScheme();
    let count = 0;
    for (const group of groupsOf('bls_sig_g2_pop_verify_test.json')) {
      for (const one of group.tests) {
        const verdict = scheme.verify(hex(keyOf(group).pk), hex(one.msg), hex(one.sig));
        assert.is(verdict, one.result === 'valid', `tcId ${one.tcId}`);
        count += 1;
      }
    }
    assert.is(count, 26);
  });

  test('bls_sig_g2_basic_verify_test: 88 cases of the basic scheme, which the provider does not offer', () => {
    const { longSignatures } = bls12_381;
    let count = 0;
    for (const group of groupsOf('bls_sig_g2_basic_verify_test.json')) {
      for (const one of group.tests) {
        const message = longSignatures.hash(hex(one.msg), BASIC);
        const verdict = holds(() => longSignatures.verify(hex(one.sig), message, hex(keyOf(group).pk)));
        assert.is(verdict, one.result === 'valid', `tcId ${one.tcId}`);
        count += 1;
      }
    }
    assert.is(count, 88);
  });

  test('bls_sig_g2_aggregate_verify_test: 19 aggregates over distinct messages', () => {
    const { longSignatures } = bls12_381;
    const [group] = groupsOf('bls_sig_g2_aggregate_verify_test.json');
    for (const one of group!.tests) {
      const verdict = holds(() => {
        if (one.pubkeys.length === 0 || one.pubkeys.length !== one.messages.length) return false;
        const items = one.messages.map((message, at) => ({
          message: longSignatures.hash(hex(message), BASIC),
          publicKey: hex(one.pubkeys[at]!),
        }));
        return longSignatures.verifyBatch(hex(one.sig), items);
      });
      assert.is(verdict, one.result === 'valid', `tcId ${one.tcId}`);
    }
    assert.is(group!.tests.length, 19);
  });

  test('mlkem_512, 768 and 1024: 579 cases, on each backend', async () => {
    const backends: CryptoBackend[] = [nodeBackend(), liboqsBackend(), noblePostQuantumBackend()];
    let count = 0;
    for (const size of [512, 768, 1_024]) {
      for (const backend of backends) {
        const scheme = await backend.kem(`ml-kem-${size}` as KemAlgorithm);
        if (!scheme) continue;
        for (const { tests } of groupsOf(`mlkem_${size}_test.json.gz`)) {
          for (const one of tests) {
            if (backend.name === 'noble-post-quantum') count += 1;
            const secret = answer(() => digits(scheme.keyFromSeed(hex(one.seed)).decapsulate(hex(one.c))));
            const expected = one.result === 'valid' ? one.K : 'refused';
            assert.is(secret, expected, `${backend.name} tcId ${one.tcId}`);
          }
        }
      }
    }
    assert.is(count, 579);
  });

  test('mldsa_44_verify_test: 180 cases; liboqs takes no context, so it runs those without one', async () => {
    const liboqs = (await liboqsSigner('ml-dsa-44'))!;
    let [count, plain] = [0, 0];
    for (const group of groupsOf('mldsa_44_verify_test.json.gz')) {
      const key = hex(group.publicKey as string);
      for (const one of group.tests) {
        const [signature, message] = [hex(one.sig), hex(one.msg)];
        const context = one.ctx === undefined ? {} : { context: hex(one.ctx) };
        const verdict = holds(() => ml_dsa44.verify(signature, message, key, context));
        assert.is(verdict, one.result === 'valid', `tcId ${one.tcId}`);
        if (one.ctx === undefined) {
          const theirs = holds(() => liboqs.verify(message, signature, key));
          assert.is(theirs, one.result === 'valid', `liboqs tcId ${one.tcId}`);
          plain += 1;
        }
        count += 1;
      }
    }
    assert.is(count, 180);
    assert.ok(plain > 150, `${plain}`);
  });

  test('x25519_test: 518 cases of X-Wing’s other half; zero secrets are refused by OpenSSL', () => {
    const [group] = groupsOf('x25519_test.json');
    let refused = 0;
    for (const one of group!.tests) {
      const inner = derElement(0x04, hex(one.private));
      const privateKey = createPrivateKey({ key: pkcs8Of(X25519, inner), format: 'der', type: 'pkcs8' });
      const der = spkiOf(X25519, hex(one.public));
      const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
      if (one.flags.includes('ZeroSharedSecret')) {
        assert.throws(() => diffieHellman({ privateKey, publicKey }));
        refused += 1;
      } else assert.is(digits(diffieHellman({ privateKey, publicKey })), one.shared, `tcId ${one.tcId}`);
    }
    assert.is(group!.tests.length, 518);
    assert.ok(refused > 0);
  });
}

function answer(work: () => string): string {
  try {
    return work();
  } catch {
    return 'refused';
  }
}
