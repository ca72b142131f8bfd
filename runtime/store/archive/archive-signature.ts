/** What a node signs of its archives and backups, and which keys on its record may have signed it. */
import { fromBase64Url, fromHex, toBase64Url, utf8 } from '../../../contracts/ledger/bytes.ts';
import { canonicalJson } from '../../../contracts/ledger/canonical-json.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { ARCHIVE_PURPOSE } from './manifest.ts';
import type { ManifestSigner } from './manifest.ts';

/** A manifest or point; its format is the domain of its signature. */
interface SignedForm {
  readonly format: string;
}

/** Text of a body with its signature, UTF-8. */
export function encodeSigned(body: SignedForm, signer: ManifestSigner): Uint8Array {
  const signature = toBase64Url(signer.sign(signingBytes(body)));
  return utf8(`${canonicalJson({ body, signature })}\n`);
}

/** Whether a body is signed by this key; never throws. @param publicKey 64 hex digits */
export function isSignedBy(
  { body, signature }: { readonly body: SignedForm; readonly signature: string },
  publicKey: string,
): boolean {
  try {
    return verifyEd25519(fromHex(publicKey), signingBytes(body), fromBase64Url(signature));
  } catch {
    return false;
  }
}

/** Bytes that the signature covers: domain line, then the canonical body. */
function signingBytes(body: SignedForm): Uint8Array {
  return utf8(`${body.format}\n${canonicalJson(body)}`);
}

/** Keys of {@link ARCHIVE_PURPOSE} as a record tells them, entry by entry. */
export class RecordedSigners {
  readonly #keys = new Map<string, string | null>();

  /** Takes the payload of an entry of the kind `key`; keys of other purposes are passed over. */
  add(payload: unknown): void {
    const { keyId, purpose, publicKey, state } = payload as Readonly<Record<string, unknown>>;
    if (purpose !== ARCHIVE_PURPOSE || typeof keyId !== 'string' || typeof publicKey !== 'string') return;
    this.#keys.set(keyId, state === 'revoked' ? null : publicKey);
  }

  /** 64 hex digits; null once revoked, undefined for a key that is not on the record. */
  publicKey(keyId: string): string | null | undefined {
    return this.#keys.get(keyId);
  }
}
