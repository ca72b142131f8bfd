/** Signs the manifest of a model with a maintainer's key, once its files are what it says. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import { fromBase64Url, toBase64Url, toHex } from '../../../../contracts/ledger/bytes.ts';
import type { ModelManifest, ModelManifestBody } from '../../../../contracts/messages/models/manifest.ts';
import { modelSigningBytes } from '../../../../contracts/messages/models/signing.ts';
import { modelKeyId } from './model-trust.ts';

/** A key that signs models. */
export interface ModelSigner {
  readonly keyId: string;
  /** What others pin: the raw public key, 64 hex digits. */
  readonly publicKey: string;
  sign(body: ModelManifestBody): ModelManifest;
}

/** Signer of a private key in PEM (PKCS #8, Ed25519). @throws invalid_argument */
export function modelSigner(pem: string): ModelSigner {
  const key = privateKey(pem);
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  const raw = fromBase64Url(x!);
  const keyId = modelKeyId(raw);
  return {
    keyId,
    publicKey: toHex(raw),
    sign: (body) => ({ body, keyId, signature: toBase64Url(sign(null, modelSigningBytes(body), key)) }),
  };
}

/** A new private key in PEM; keep it off the machine that serves. */
export function newModelKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function privateKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw unfit(cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unfit();
  return key;
}

function unfit(cause?: unknown): WitanError {
  const details = { path: 'key', expected: 'an Ed25519 private key in PEM (PKCS #8)' };
  return new WitanError('invalid_argument', 'this is no key that signs models', details, cause);
}
