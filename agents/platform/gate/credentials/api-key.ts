/** The text of an API key: `witan_<key id>_<secret><checksum>`. */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { toBase64Url } from '../../../../contracts/ledger/bytes.ts';

/** A key as its owner gets it, once. */
export interface NewKey {
  readonly id: string;
  /** The whole key; only its digest is kept. */
  readonly text: string;
  /** SHA-256 of the text, 64 hex digits. */
  readonly digest: string;
}

/** Cryptographically strong random bytes. */
export type SecretBytes = (count: number) => Uint8Array;

const FORM = /^witan_([0-9a-v]{16})_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;
const ID_DIGITS = '0123456789abcdefghijklmnopqrstuv';
const SECRET_BYTES = 32;

/**
 * Makes a key of 32 secret bytes.
 *
 * Its digest is one SHA-256: scrypt and the like make guessing of *weak* secrets dear, and 256 random bits
 * cannot be guessed at any price, while each request would pay for it. The checksum lets a reader of logs or
 * code tell a leaked key from other text, and a mistyped one be refused without a look-up.
 */
export function makeApiKey(secretBytes: SecretBytes): NewKey {
  const id = [...secretBytes(16)].map((byte) => ID_DIGITS[byte & 31]).join('');
  const body = `witan_${id}_${toBase64Url(secretBytes(SECRET_BYTES))}`;
  const text = body + checksumOf(body);
  return { id, text, digest: secretDigest(text) };
}

/** Id of a key whose form and checksum are right; undefined for any other text. Says nothing of its worth. */
export function keyIdOf(text: string): string | undefined {
  const form = FORM.exec(text);
  if (!form || checksumOf(text.slice(0, -8)) !== form[3]) return undefined;
  return form[1];
}

/** SHA-256 of a secret, 64 hex digits: what secrets are looked up and kept by. */
export function secretDigest(secret: string): string {
  return hash('sha256', secret, 'hex');
}

function checksumOf(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}
