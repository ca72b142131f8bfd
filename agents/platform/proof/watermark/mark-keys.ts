/** Keys of marks: from the key ring, one for each tenant and kind, never stored anywhere else. */
import { createHash, createHmac } from 'node:crypto';
import { utf8 } from '../../../../contracts/ledger/bytes.ts';
import type { KeyInfo, KeysPort } from '../../../../runtime/kernel/ports/keys.ts';

/** Purpose of the keys that marks are derived from. */
export const WATERMARK_PURPOSE = 'watermark';

/** Kind of carrier. */
export type MarkKind = 'text' | 'image';

/** A key of marks and the key of the ring that it comes from. */
export interface MarkKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

// Older keys would cost every verification a search more.
const READ_KEYS_MAX = 8;
const MARK_ID_DIGITS = 12;

/** Key that new marks are made with. */
export function newMarkKey(keys: KeysPort, tenant: string, kind: MarkKind): MarkKey {
  return derived(keys, keys.active(WATERMARK_PURPOSE), { tenant, kind });
}

/** Keys whose marks are recognised, newest first; a revoked key's marks are not. */
export function markKeys(keys: KeysPort, tenant: string, kind: MarkKind): MarkKey[] {
  return keys
    .list()
    .filter(({ purpose, state }) => purpose === WATERMARK_PURPOSE && state !== 'revoked')
    .reverse()
    .slice(0, READ_KEYS_MAX)
    .map((info) => derived(keys, info, { tenant, kind }));
}

/** Id that a mark carries: the same for the same content, and unknown without the tenant. */
export function markIdOf(tenant: string, kind: MarkKind, originalHash: string): string {
  const text = `witan-mark/1\n${tenant}\n${kind}\n${originalHash}`;
  return createHash('sha256').update(text).digest('hex').slice(0, MARK_ID_DIGITS);
}

/**
 * Ed25519 signatures are deterministic (RFC 8032 §5.1.6), so one over a fixed line is a secret that only the
 * holder of the key can compute again: the ring's rotation, encryption and revocation hold for marks too.
 */
function derived(keys: KeysPort, { keyId }: KeyInfo, scope: { tenant: string; kind: MarkKind }): MarkKey {
  const secret = keys.sign(keyId, utf8('witan-watermark-key/1\n'));
  const key = createHmac('sha256', secret).update(`${scope.kind}\n${scope.tenant}`).digest();
  return { keyId, key: new Uint8Array(key) };
}
