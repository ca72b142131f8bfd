/** `@noble/curves`: audited JavaScript; ECDSA beside node:crypto, and BLS12-381, which node:crypto lacks. */
import type { AggregateScheme, SignatureScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { absent, checkedSeed, holds, type CryptoBackend } from '../backend.ts';

type EcdsaName = 'ecdsa-p256' | 'ecdsa-secp256k1';

/** Classical signatures, loaded when the first one is asked for. */
export function nobleCurvesBackend(): CryptoBackend {
  return {
    name: 'noble-curves',
    async signature(algorithm) {
      if (algorithm === 'ed25519') return ed25519();
      if (algorithm === 'ecdsa-p256' || algorithm === 'ecdsa-secp256k1') return ecdsa(algorithm);
      return algorithm === 'bls12-381' ? bls() : undefined;
    },
    kem: absent,
    aead: absent,
  };
}

async function bls(): Promise<AggregateScheme> {
  return (await import('./noble-bls.ts')).blsScheme();
}

async function ed25519(): Promise<SignatureScheme> {
  const { ed25519: curve } = await import('@noble/curves/ed25519.js');
  return {
    algorithm: 'ed25519',
    backend: 'noble-curves',
    keyFromSeed(seed) {
      const secret = checkedSeed('ed25519', seed);
      const publicKey = curve.getPublicKey(secret);
      return { publicKey, sign: (message) => curve.sign(Uint8Array.from(message), secret) };
    },
    // RFC 8032 with canonical encodings: its other mode (ZIP-215) accepts keys that node:crypto refuses.
    verify: (publicKey, message, signature) =>
      holds(() => {
        const [bytes, text, key] = [signature, message, publicKey].map((part) => Uint8Array.from(part));
        return curve.verify(bytes!, text!, key!, { zip215: false });
      }),
  };
}

async function ecdsa(algorithm: EcdsaName): Promise<SignatureScheme> {
  const curve =
    algorithm === 'ecdsa-p256'
      ? (await import('@noble/curves/nist.js')).p256
      : (await import('@noble/curves/secp256k1.js')).secp256k1;
  const options = { prehash: true, lowS: true, format: 'compact' } as const;
  return {
    algorithm,
    backend: 'noble-curves',
    keyFromSeed(seed) {
      const secret = checkedSeed(algorithm, seed);
      const publicKey = curve.getPublicKey(secret, true);
      return { publicKey, sign: (message) => curve.sign(Uint8Array.from(message), secret, options) };
    },
    verify: (publicKey, message, signature) =>
      holds(() => {
        if (publicKey.length !== 33) return false;
        const [bytes, text, key] = [signature, message, publicKey].map((part) => Uint8Array.from(part));
        return curve.verify(bytes!, text!, key!, options);
      }),
  };
}
