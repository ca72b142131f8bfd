/**
 * Objects encrypted at rest: AES-256-GCM in frames, so that a damaged byte is named with its place.
 *
 * | bytes | field |
 * |---|---|
 * | 0–7 | magic `WSEAL1` and two zeros |
 * | 8–39 | id: HMAC-SHA-256 of the content under a key that follows from the secret |
 * | 40–… | frames of 65,536 bytes of content and 16 of tag; the last one is shorter, and may be empty |
 *
 * The key of an object follows from secret and id, so the same content gives the same bytes: work that
 * was cut
 * off is repeated without storing twice. Nobody without the secret can tell what the content is, only
 * that two
 * objects are the same. Frames are numbered and the last one is marked, so none can be dropped or moved.
 * @source Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its Nonce-Reuse
 *   Misuse-Resistance" (STREAM); RFC 5869; NIST SP 800-38D
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { WitanError } from '../../../contracts/errors.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';

const MAGIC = Buffer.from('WSEAL1\0\0', 'latin1');
const ID_BYTES = 32;
const HEAD_BYTES = MAGIC.length + ID_BYTES;
const FRAME_BYTES = 65_536;
const TAG_BYTES = 16;

/** Bytes that a sealing adds at least. */
export const SEAL_OVERHEAD_BYTES = HEAD_BYTES + TAG_BYTES;

/** Sealed content and its name. */
export interface SealedObject {
  /** 64 hex digits; the same for the same content under the same secret. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Encrypts content. @param secret 32 bytes */
export function sealObject(secret: Uint8Array, content: Uint8Array): SealedObject {
  const id = contentId(secret, content);
  const key = objectKey(secret, id);
  const parts: Uint8Array[] = [MAGIC, id];
  for (let at = 0, number = 0; ; at += FRAME_BYTES, number += 1) {
    const end = Math.min(at + FRAME_BYTES, content.length);
    const isLast = end === content.length;
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, isLast));
    cipher.setAAD(id);
    parts.push(cipher.update(content.subarray(at, end)), cipher.final(), cipher.getAuthTag());
    if (isLast) break;
  }
  const joined = Buffer.concat(parts);
  const bytes = new Uint8Array(joined.buffer, joined.byteOffset, joined.length);
  return { id: id.toString('hex'), bytes };
}

/**
 * Decrypts what {@link sealObject} gave.
 * @param name of the object, for the error
 * @throws verification_failed with `details.offset`, the first byte of the frame that is damaged
 */
export function openObject(secret: Uint8Array, sealed: Uint8Array, name: string): Uint8Array {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  if (bytes.length < SEAL_OVERHEAD_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw damaged(name, 0);
  const id = bytes.subarray(MAGIC.length, HEAD_BYTES);
  const key = objectKey(secret, id);
  const parts: Buffer[] = [];
  for (let at = HEAD_BYTES, number = 0; at < bytes.length; number += 1) {
    const end = Math.min(at + FRAME_BYTES + TAG_BYTES, bytes.length);
    if (end - at < TAG_BYTES) throw damaged(name, at);
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, end === bytes.length), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(id);
    decipher.setAuthTag(bytes.subarray(end - TAG_BYTES, end));
    parts.push(decipher.update(bytes.subarray(at, end - TAG_BYTES)));
    try {
      decipher.final();
    } catch (cause) {
      throw damaged(name, at, cause);
    }
    at = end;
  }
  const content = Buffer.concat(parts);
  if (!timingSafeEqual(contentId(secret, content), id)) throw damaged(name, MAGIC.length);
  return new Uint8Array(content.buffer, content.byteOffset, content.length);
}

function contentId(secret: Uint8Array, content: Uint8Array): Buffer {
  const key = createHmac('sha256', secret).update('witan-object-id/1').digest();
  return createHmac('sha256', key).update(content).digest();
}

function objectKey(secret: Uint8Array, id: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, id, utf8('witan-object-seal/1'), 32));
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(number, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function damaged(name: string, offset: number, cause?: unknown): WitanError {
  const details = {
    key: name,
    offset,
    expected: 'bytes as they were sealed, and the key they were sealed with',
  };
  return new WitanError('verification_failed', `${name} is damaged at byte ${offset}`, details, cause);
}
