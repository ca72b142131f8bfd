/**
 * BLS signatures on BLS12-381 with keys in G1 (48 bytes) and signatures in G2 (96 bytes), for aggregates of
 * signatures over the same message.
 *
 * @source draft-irtf-cfrg-bls-signature-05 §2.3 (KeyGen), §3.3 (proof of possession), §4.2.3 (ciphersuite)
 */
import { hkdfSync } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { WitanError } from '../../../../contracts/errors.ts';
import {
  BLS_POSSESSION_DOMAIN,
  BLS_SIGNATURE_DOMAIN,
  blsVerifier,
} from '../../../../contracts/ledger/aggregate/bls-verifier.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { BackendName } from '../../../kernel/ports/crypto/algorithms.ts';
import type { AggregateScheme, ProvenKey } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { checkedSeed } from '../backend.ts';

const KEY_SALT = 'BLS-SIG-KEYGEN-SALT-';
/** Bytes drawn so that the remainder is spread evenly: ceil(1.5 · 255 bits / 8). */
const KEY_MATERIAL_BYTES = 48;

const { longSignatures: scheme } = bls12_381;
const order = bls12_381.fields.Fr.ORDER;

/** How messages are signed under the domain of signatures; the secret has 32 bytes, big-endian. */
export interface BlsSigner {
  readonly backend: BackendName;
  readonly sign: (message: Uint8Array, secret: Uint8Array) => Uint8Array;
}

const NOBLE: BlsSigner = {
  backend: 'noble-curves',
  sign: (message, secret) => scheme.sign(hashed(message, BLS_SIGNATURE_DOMAIN), secret).toBytes(),
};

/** The scheme; another library may sign for it. Keys that were admitted are known to it alone. */
export function blsScheme({ backend, sign }: BlsSigner = NOBLE): AggregateScheme {
  const proven = new WeakSet<ProvenKey>();
  const verifier = blsVerifier(bls12_381);
  return {
    algorithm: 'bls12-381',
    backend,
    keyFromSeed(seed) {
      const secret = bytesOf(secretOf(checkedSeed('bls12-381', seed)));
      return {
        publicKey: scheme.getPublicKey(secret).toBytes(),
        sign: (message) => sign(Uint8Array.from(message), secret),
      };
    },
    verify: (publicKey, message, signature) => verifier.verify(publicKey, message, signature),
    provePossession(seed) {
      const secret = bytesOf(secretOf(checkedSeed('bls12-381', seed)));
      const publicKey = scheme.getPublicKey(secret).toBytes();
      return scheme.sign(hashed(publicKey, BLS_POSSESSION_DOMAIN), secret).toBytes();
    },
    admit(publicKey, proof) {
      if (!verifier.verifyPossession(publicKey, proof)) return undefined;
      const key = Object.freeze({ publicKey: Uint8Array.from(publicKey) });
      proven.add(key);
      return key;
    },
    aggregate: aggregateOf,
    signTogether(seeds, message) {
      if (seeds.length === 0) throw notSigned();
      const sum = seeds.reduce(
        (total, seed) => (total + secretOf(checkedSeed('bls12-381', seed))) % order,
        0n,
      );
      // Secrets that cancel each other out: the point at infinity, which is no signature.
      if (sum === 0n) throw notSigned();
      return sign(Uint8Array.from(message), bytesOf(sum));
    },
    verifyAggregate(keys, message, signature) {
      if (keys.some((key) => !proven.has(key))) throw notProven();
      const publicKeys = keys.map(({ publicKey }) => publicKey);
      return verifier.verifyTogether(publicKeys, message, signature);
    },
  };
}

type HashedMessage = ReturnType<typeof scheme.hash>;

function hashed(message: Uint8Array, domain: string): HashedMessage {
  return scheme.hash(Uint8Array.from(message), domain);
}

function aggregateOf(signatures: readonly Uint8Array[]): Uint8Array {
  const path = 'signatures';
  const expected = 'one or more signatures of 96 bytes';
  try {
    return scheme.aggregateSignatures(signatures.map((one) => Uint8Array.from(one))).toBytes();
  } catch (cause) {
    throw new WitanError('invalid_argument', `${path}: expected ${expected}`, { path, expected }, cause);
  }
}

function secretOf(seed: Uint8Array): bigint {
  let salt: Uint8Array = Buffer.from(KEY_SALT);
  const info = Buffer.from([0, KEY_MATERIAL_BYTES]);
  const material = Buffer.concat([seed, Buffer.of(0)]);
  for (;;) {
    salt = sha256(salt);
    const bytes = Buffer.from(hkdfSync('sha256', material, salt, info, KEY_MATERIAL_BYTES));
    const secret = BigInt(`0x${bytes.toString('hex')}`) % order;
    // Zero comes once in 2^255 seeds; the standard asks for the next salt then.
    if (secret !== 0n) return secret;
  }
}

function bytesOf(secret: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(secret.toString(16).padStart(64, '0'), 'hex'));
}

function notSigned(): WitanError {
  const expected = 'one or more seeds whose keys do not cancel each other out';
  return new WitanError('invalid_argument', `seeds: expected ${expected}`, { path: 'seeds', expected });
}

function notProven(): WitanError {
  const expected = 'keys whose possession was proven';
  return new WitanError('invalid_argument', `keys: expected ${expected}`, { path: 'keys', expected });
}
