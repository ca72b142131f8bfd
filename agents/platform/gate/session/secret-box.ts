/** Seals what leaves the node's memory and comes back: cookies of a sign-in under way, secrets at rest. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import type { SecretBytes } from '../credentials/api-key.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with one key for each purpose, derived by HKDF-SHA256: what was sealed for one purpose never
 * opens for another. @source NIST SP 800-38D, RFC 5869
 */
export class SecretBox {
  readonly #master: Uint8Array;
  readonly #secretBytes: SecretBytes;
  readonly #keys = new Map<string, Buffer>();

  /** `master`: 32 secret bytes. */
  constructor(master: Uint8Array, secretBytes: SecretBytes) {
    this.#master = master;
    this.#secretBytes = secretBytes;
  }

  /** A JSON value as base64url; no two are alike. */
  seal(purpose: string, value: unknown): string {
    const iv = this.#secretBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#keyOf(purpose), iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** The value; undefined for anything that this node did not seal for this purpose. */
  open(purpose: string, text: string): unknown {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#keyOf(purpose), bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    try {
      const plain = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES));
      return JSON.parse(Buffer.concat([plain, decipher.final()]).toString('utf8'));
    } catch {
      return undefined;
    }
  }

  /** Keyed hash, 32 hex digits: tells values apart and names none of them. */
  digest(purpose: string, text: string): string {
    return createHmac('sha256', this.#keyOf(purpose)).update(text).digest('hex').slice(0, 32);
  }

  #keyOf(purpose: string): Buffer {
    const known = this.#keys.get(purpose);
    if (known) return known;
    const key = Buffer.from(hkdfSync('sha256', this.#master, new Uint8Array(), `witan/${purpose}`, 32));
    this.#keys.set(purpose, key);
    return key;
  }
}
