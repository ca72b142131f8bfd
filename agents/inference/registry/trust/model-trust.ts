/** Who may vouch for a model: keys that sign manifests, and digests that stand in code. */
import { fromBase64Url, fromHex } from '../../../../contracts/ledger/bytes.ts';
import { keyIdOf } from '../../../../contracts/ledger/signing.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ModelManifest } from '../../../../contracts/messages/models/manifest.ts';
import {
  modelSigningBytes,
  PINNED_KEY_ID,
  versionName,
} from '../../../../contracts/messages/models/signing.ts';
import { digestOf, sha256 } from '../../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../../runtime/kernel/crypto/ed25519.ts';

/** What one folder of models is held against. */
export interface ModelTrust {
  /** Raw Ed25519 keys, 64 hex digits each. */
  readonly keys: readonly string[];
  /** Digest of the body (`sha256:` and hex over its canonical JSON) by `id@version`. */
  readonly pinned: Readonly<Record<string, string>>;
}

/** Id of a key that signs models: `model#` and 16 hex digits. */
export function modelKeyId(publicKey: Uint8Array): string {
  return keyIdOf('model', publicKey, sha256);
}

/** Checks that somebody who is trusted here vouches for the manifest. @throws verification_failed */
export function checkVouched(manifest: ModelManifest, trust: ModelTrust): void {
  const { body, keyId, signature } = manifest;
  const name = versionName(body);
  if (keyId === PINNED_KEY_ID) {
    const pinned = Object.hasOwn(trust.pinned, name) ? trust.pinned[name] : undefined;
    if (pinned === undefined) throw refused(name, 'no digest is pinned for it here');
    const found = digestOf(body);
    if (found !== pinned) throw refused(name, `its body has the digest ${found}, pinned is ${pinned}`);
    return;
  }
  const key = trust.keys.map(fromHex).find((one) => modelKeyId(one) === keyId);
  if (!key) throw refused(name, `it is signed by ${keyId}, which is not trusted here`);
  if (!verifyEd25519(key, modelSigningBytes(body), bytesOf(signature)))
    throw refused(name, `the signature of ${keyId} does not hold`);
}

function bytesOf(signature: string): Uint8Array {
  try {
    return fromBase64Url(signature);
  } catch {
    return new Uint8Array();
  }
}

function refused(name: string, why: string): WitanError {
  return new WitanError('verification_failed', `model ${name} is refused: ${why}`, {
    path: 'signature',
    model: name,
  });
}
