/** Content as it was handed in: its bytes, its hash, and what it looks like. */
import { utf8 } from '../../../../contracts/ledger/bytes.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ContentSource } from '../../../../contracts/messages/content/registration.ts';
import type { Digest } from '../../../../contracts/messages/ids.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';

/** Content that was read. */
export interface ReadContent {
  readonly contentHash: Digest;
  /** Null: the hash alone was given. */
  readonly bytes: Uint8Array | null;
  /** The bytes as text, where they are well-formed UTF-8. */
  readonly text: string | null;
}

// Longer texts are hashed and kept, but not searched for marks.
const SEARCHED_TEXT_BYTES = 16_777_216;

/** Reads a source. @throws bad_encoding for base64 that is not canonical */
export function readSource({ text, base64, digest }: ContentSource): ReadContent {
  if (digest !== undefined) return { contentHash: digest, bytes: null, text: null };
  const bytes = text !== undefined ? utf8(text) : bytesOf(base64!);
  return { contentHash: hashOf(bytes), bytes, text: text ?? textOf(bytes) };
}

/** `sha256:` + hex of bytes. */
export function hashOf(bytes: Uint8Array): Digest {
  return `sha256:${Buffer.from(sha256(bytes)).toString('hex')}` as Digest;
}

/** Bytes of canonical base64. @throws bad_encoding */
export function bytesOf(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64');
  // Unused low bits of the last digit would give a second spelling of the same bytes.
  if (bytes.toString('base64') !== base64) {
    throw new WitanError('bad_encoding', 'the bytes are not canonical base64', { path: 'base64' });
  }
  return new Uint8Array(bytes);
}

function textOf(bytes: Uint8Array): string | null {
  if (bytes.length > SEARCHED_TEXT_BYTES) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Bytes of another kind.
    return null;
  }
}
