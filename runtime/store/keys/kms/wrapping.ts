/** How the services of this project wrap: AES-256-GCM with a nonce by chance, bound to key and context. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import { utf8 } from '../../../../contracts/ledger/bytes.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a wrapping is bound to. */
export interface WrapContext {
  readonly keyId: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly context: string;
}

/** Nonce, ciphertext, tag: 28 bytes more than the secret. */
export function wrapUnder({ keyId, secret, context }: WrapContext, plaintext: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce);
  cipher.setAAD(bound(keyId, context));
  const bytes = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return Uint8Array.from(bytes);
}

/** The secret again. @throws verification_failed */
export function unwrapUnder({ keyId, secret, context }: WrapContext, wrapped: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, wrapped.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(bound(keyId, context));
    decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
    const opened = decipher.update(wrapped.subarray(NONCE_BYTES, wrapped.length - TAG_BYTES));
    return Uint8Array.from(Buffer.concat([opened, decipher.final()]));
  } catch (cause) {
    const details = { keyId, expected: 'bytes that this key wrapped for this context' };
    throw new WitanError('verification_failed', 'the wrapped key does not open', details, cause);
  }
}

function bound(keyId: string, context: string): Uint8Array {
  return utf8(`witan-wrap/1\n${keyId}\n${context}`);
}
