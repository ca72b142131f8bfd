/** SHA-256 on nodes: the platform's one-shot hash behind the ledger contract's injectable form. */
import { createHmac, hash } from 'node:crypto';
import { canonicalJson } from '../../../contracts/ledger/canonical-json.ts';
import type { Digest } from '../../../contracts/messages/ids.ts';

/** SHA-256 of `bytes`: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

/**
 * `sha256:` and hex over the canonical JSON of any value; keyed (HMAC-SHA-256) where there is a salt, 64 hex
 * digits. @throws invalid_argument, too_deep, too_large
 */
export function digestOf(value: unknown, salt?: string): Digest {
  if (salt !== undefined) {
    const mac = createHmac('sha256', Buffer.from(salt, 'hex')).update(canonicalJson(value));
    return `sha256:${mac.digest('hex')}` as Digest;
  }
  // Text straight to the hash: the same bytes without an array of them in between.
  return `sha256:${hash('sha256', canonicalJson(value))}` as Digest;
}
