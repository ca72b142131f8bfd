/**
 * OpenSSL through node:crypto: Ed25519, ECDSA, AES-GCM everywhere; post-quantum algorithms from Node 24 on.
 */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import { toBase64Url } from '../../../../contracts/ledger/bytes.ts';
import { verifyEd25519 } from '../../../kernel/crypto/ed25519.ts';
import type { SignatureAlgorithm } from '../../../kernel/ports/crypto/algorithms.ts';
import type {
  AeadScheme,
  SignatureScheme,
  SigningKey,
} from '../../../kernel/ports/crypto/crypto-provider.ts';
import { pkcs8Of, spkiOf } from './asn1-key.ts';
import { checkedLength, checkedSeed, holds, type CryptoBackend } from '../backend.ts';
import { nodeKem, nodePostQuantumSignature } from './node-post-quantum.ts';
import { KeptKeys } from './kept-keys.ts';
import { CURVE_ORDERS, isLowS, lowS } from './low-s.ts';

const ED25519_OID = Buffer.from('2b6570', 'hex');
const EC_OID = Buffer.from('2a8648ce3d0201', 'hex');
const CURVES = {
  'ecdsa-p256': { ecdh: 'prime256v1', jwk: 'P-256', oid: '06082a8648ce3d030107' },
  'ecdsa-secp256k1': { ecdh: 'secp256k1', jwk: 'secp256k1', oid: '06052b8104000a' },
} as const;
const TAG_BYTES = 16;

/** Signatures, KEMs and AES-GCM of the running Node. */
export function nodeBackend(): CryptoBackend {
  return {
    name: 'node',
    signature: signatureOf,
    kem: async (algorithm) => (algorithm === 'x-wing' ? undefined : nodeKem(algorithm)),
    aead: async () => aesGcm,
  };
}

async function signatureOf(algorithm: SignatureAlgorithm): Promise<SignatureScheme | undefined> {
  if (algorithm === 'ed25519') return ed25519;
  if (algorithm === 'ecdsa-p256' || algorithm === 'ecdsa-secp256k1') return ecdsa(algorithm);
  return nodePostQuantumSignature(algorithm);
}

const ed25519: SignatureScheme = {
  algorithm: 'ed25519',
  backend: 'node',
  keyFromSeed(seed) {
    const inner = Buffer.concat([Buffer.from([0x04, 0x20]), checkedSeed('ed25519', seed)]);
    const key = createPrivateKey({ key: pkcs8Of(ED25519_OID, inner), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    return {
      publicKey: Uint8Array.from(spki.subarray(-32)),
      sign: (message) => Uint8Array.from(sign(null, message, key)),
    };
  },
  verify: verifyEd25519,
};

function ecdsa(algorithm: keyof typeof CURVES): SignatureScheme {
  const { oid } = CURVES[algorithm];
  const order = CURVE_ORDERS[algorithm];
  const keys = new KeptKeys((publicKey) => {
    const der = spkiOf(EC_OID, publicKey, Buffer.from(oid, 'hex'));
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  });
  return {
    algorithm,
    backend: 'node',
    keyFromSeed: (seed) => ecdsaKey(algorithm, checkedSeed(algorithm, seed)),
    verify: (publicKey, message, signature) =>
      holds(() => {
        if (publicKey.length !== 33 || !isLowS(signature, order)) return false;
        const key = keys.get(publicKey);
        return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
      }),
  };
}

function ecdsaKey(algorithm: keyof typeof CURVES, secret: Uint8Array): SigningKey {
  const curve = CURVES[algorithm];
  const ecdh = createECDH(curve.ecdh);
  try {
    ecdh.setPrivateKey(secret);
  } catch (cause) {
    const expected = 'a number from 1 to the order of the curve';
    throw new WitanError('invalid_argument', `seed: expected ${expected}`, { path: 'seed', expected }, cause);
  }
  const point = ecdh.getPublicKey();
  const [x, y, d] = [point.subarray(1, 33), point.subarray(33), secret].map(toBase64Url);
  const key: KeyObject = createPrivateKey({
    format: 'jwk',
    key: { kty: 'EC', crv: curve.jwk, x: x!, y: y!, d: d! },
  });
  return {
    publicKey: Uint8Array.from(ecdh.getPublicKey(null, 'compressed')),
    sign: (message) =>
      lowS(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }), CURVE_ORDERS[algorithm]),
  };
}

const aesGcm: AeadScheme = {
  algorithm: 'aes-256-gcm',
  backend: 'node',
  seal(plaintext, { key, nonce, associated }) {
    const cipher = createCipheriv(
      'aes-256-gcm',
      checkedLength('key', key, 32),
      checkedLength('nonce', nonce, 12),
    );
    cipher.setAAD(associated);
    const bytes = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return Uint8Array.from(bytes);
  },
  open(sealed, { key, nonce, associated }) {
    const [secret, iv] = [checkedLength('key', key, 32), checkedLength('nonce', nonce, 12)];
    try {
      const decipher = createDecipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(associated);
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      const plaintext = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
      return Uint8Array.from(Buffer.concat([plaintext, decipher.final()]));
    } catch (cause) {
      throw new WitanError('verification_failed', 'the sealed bytes do not open under this key', {}, cause);
    }
  },
};
