/**
 * BLS signatures on BLS12-381 with keys in G1 (48 bytes) and signatures in G2 (96 bytes), for aggregates of
 * signatures over the same message.
 *
 * @source draft-irtf-cfrg-bls-signature-05 §2.3 (KeyGen), §3.3 (proof of possession), §4.2.3 (ciphersuite)
 */
import { hkdfSync } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { WitanError } from '../../../../contracts/errors.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { AggregateScheme, ProvenKey } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { checkedSeed, holds } from '../backend.ts';

const SIGNATURE_DOMAIN = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
const POSSESSION_DOMAIN = 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
const KEY_SALT = 'BLS-SIG-KEYGEN-SALT-';
/** Bytes drawn so that the remainder is spread evenly: ceil(1.5 · 255 bits / 8). */
const KEY_MATERIAL_BYTES = 48;

const { longSignatures: scheme } = bls12_381;
const order = bls12_381.fields.Fr.ORDER;

/** The scheme; keys that were admitted are known to it alone. */
export function blsScheme(): AggregateScheme {
  const proven = new WeakSet<ProvenKey>();
  return {
    algorithm: 'bls12-381',
    backend: 'noble-curves',
    keyFromSeed(seed) {
      const secret = secretOf(checkedSeed('bls12-381', seed));
      return {
        publicKey: scheme.getPublicKey(secret).toBytes(),
        sign: (message) => scheme.sign(hashed(message, SIGNATURE_DOMAIN), secret).toBytes(),
      };
    },
    verify: (publicKey, message, signature) =>
      holds(() => verifies(publicKey, hashed(message, SIGNATURE_DOMAIN), signature)),
    provePossession(seed) {
      const secret = secretOf(checkedSeed('bls12-381', seed));
      const publicKey = scheme.getPublicKey(secret).toBytes();
      return scheme.sign(hashed(publicKey, POSSESSION_DOMAIN), secret).toBytes();
    },
    admit(publicKey, proof) {
      if (!holds(() => verifies(publicKey, hashed(publicKey, POSSESSION_DOMAIN), proof))) return undefined;
      const key = Object.freeze({ publicKey: Uint8Array.from(publicKey) });
      proven.add(key);
      return key;
    },
    aggregate: aggregateOf,
    verifyAggregate(keys, message, signature) {
      if (keys.some((key) => !proven.has(key))) throw notProven();
      if (keys.length === 0) return false;
      return holds(() => {
        const publicKey = scheme.aggregatePublicKeys(keys.map((key) => Uint8Array.from(key.publicKey)));
        return verifies(publicKey.toBytes(), hashed(message, SIGNATURE_DOMAIN), signature);
      });
    },
  };
}

type HashedMessage = ReturnType<typeof scheme.hash>;

function hashed(message: Uint8Array, domain: string): HashedMessage {
  return scheme.hash(Uint8Array.from(message), domain);
}

/** The point at infinity is refused as key and as signature: anybody can make it. */
function verifies(publicKey: Uint8Array, message: HashedMessage, signature: Uint8Array): boolean {
  const key = bls12_381.G1.Point.fromBytes(Uint8Array.from(publicKey));
  const point = scheme.Signature.fromBytes(Uint8Array.from(signature));
  key.assertValidity();
  point.assertValidity();
  return !key.is0() && !point.is0() && scheme.verify(point, message, key);
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

function secretOf(seed: Uint8Array): Uint8Array {
  let salt: Uint8Array = Buffer.from(KEY_SALT);
  const info = Buffer.from([0, KEY_MATERIAL_BYTES]);
  const material = Buffer.concat([seed, Buffer.of(0)]);
  for (;;) {
    salt = sha256(salt);
    const bytes = Buffer.from(hkdfSync('sha256', material, salt, info, KEY_MATERIAL_BYTES));
    const secret = BigInt(`0x${bytes.toString('hex')}`) % order;
    // Zero comes once in 2^255 seeds; the standard asks for the next salt then.
    if (secret !== 0n) return Uint8Array.from(Buffer.from(secret.toString(16).padStart(64, '0'), 'hex'));
  }
}

function notProven(): WitanError {
  const expected = 'keys whose possession was proven';
  return new WitanError('invalid_argument', `keys: expected ${expected}`, { path: 'keys', expected });
}
