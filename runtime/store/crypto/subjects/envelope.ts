/**
 * Sealing and committing under one data key: pure, apart from the nonce that the caller draws.
 *
 * Each sealing has a key of its own, derived from a nonce of 128 bits by chance, so that the number of
 * messages under one data key needs no bound (AES-GCM alone bears 2^32 random nonces).
 * @source RFC 5869 (expand step) with SHA-512, NIST SP 800-38D
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { fromBase64Url, fromHex, toBase64Url, toHex, utf8 } from '../../../../contracts/ledger/bytes.ts';
import { canonicalBytes } from '../../../../contracts/ledger/canonical-json.ts';
import type { AeadScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import type { Commitment, SealedBytes, SubjectScope } from '../../../kernel/ports/crypto/subject-keys.ts';

/** Bytes of a data key and of the secret behind pseudonyms. */
export const DATA_KEY_BYTES = 32;
/** Bytes of the nonce of one sealing or commitment. */
export const NONCE_BYTES = 16;

const SEAL_LABEL = 'witan-seal/1';
const COMMIT_LABEL = 'witan-commit/1';
/** The derived key is used once, so its nonce may be fixed. */
const GCM_NONCE = new Uint8Array(12);

/** A data key and its name. */
export interface DataKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** Seals bytes; they open only under the same key and id. */
export function sealUnder(
  aead: AeadScheme,
  { keyId, secret }: DataKey,
  { nonce, plaintext }: { nonce: Uint8Array; plaintext: Uint8Array },
): SealedBytes {
  const key = derived(secret, SEAL_LABEL, nonce);
  const sealed = aead.seal(plaintext, { key, nonce: GCM_NONCE, associated: utf8(`${SEAL_LABEL}\n${keyId}`) });
  key.fill(0);
  const text = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length).toString('base64url');
  return { format: 'witan-sealed/1', keyId, nonce: toBase64Url(nonce), bytes: text };
}

/** Opens what {@link sealUnder} gave. @throws verification_failed, bad_encoding */
export function openUnder(aead: AeadScheme, { keyId, secret }: DataKey, sealed: SealedBytes): Uint8Array {
  const key = derived(secret, SEAL_LABEL, fromBase64Url(sealed.nonce));
  try {
    const associated = utf8(`${SEAL_LABEL}\n${keyId}`);
    return aead.open(fromBase64Url(sealed.bytes), { key, nonce: GCM_NONCE, associated });
  } finally {
    key.fill(0);
  }
}

/** Commits to bytes under a salt that follows from key and nonce and is nowhere stored. */
export function commitUnder({ keyId, secret }: DataKey, nonce: Uint8Array, bytes: Uint8Array): Commitment {
  const salt = derived(secret, COMMIT_LABEL, nonce);
  const hmac = createHmac('sha256', salt).update(bytes).digest('hex');
  salt.fill(0);
  return { format: 'witan-commitment/1', keyId, nonce: toBase64Url(nonce), hmac };
}

/** Whether a commitment is to these bytes. @throws bad_encoding */
export function matchesUnder(key: DataKey, commitment: Commitment, bytes: Uint8Array): boolean {
  const expected = commitUnder(key, fromBase64Url(commitment.nonce), bytes).hmac;
  const actual = fromHex(commitment.hmac);
  return actual.length === 32 && timingSafeEqual(fromHex(expected), actual);
}

/** Pseudonyms of a scope: the same names give the same ones at one node, and nobody else can compute them. */
export function tagsOf(
  tagSecret: Uint8Array,
  { tenant, subject, purpose }: SubjectScope,
): { subjectTag: string; scopeTag: string } {
  const tag = (names: readonly string[]): string =>
    toHex(createHmac('sha256', tagSecret).update(canonicalBytes(names)).digest());
  return { subjectTag: tag([tenant, subject]), scopeTag: tag([tenant, subject, purpose]) };
}

function derived(secret: Uint8Array, label: string, nonce: Uint8Array): Uint8Array {
  const input = Buffer.concat([utf8(`${label}\n`), nonce, Buffer.of(1)]);
  const block = createHmac('sha512', secret).update(input).digest();
  const key = Uint8Array.from(block.subarray(0, DATA_KEY_BYTES));
  block.fill(0);
  return key;
}
