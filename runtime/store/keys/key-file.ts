/** One key as it lies in its file: plain or encrypted by a passphrase. */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { fromBase64, fromHex, toBase64, toHex } from '../../../contracts/ledger/bytes.ts';
import { AggregateKey } from '../../../contracts/messages/proof.ts';
import { canonicalBytes } from '../../../contracts/ledger/canonical-json.ts';
import { makeKey, type HeldKey } from './key-ring.ts';
import { proofKeyOf } from './proof-key.ts';

// scrypt at OWASP's first recommendation (N = 2^17, r = 8, p = 1): about 0.3 s and 128 MiB once per start.
const SCRYPT = { N: 131_072, r: 8, p: 1, maxmem: 268_435_456 } as const;

const Base64 = z.string().max(200);

/** A secret as it lies in a file. */
export const StoredSecret = z.discriminatedUnion('cipher', [
  z.strictObject({ cipher: z.literal('none'), bytes: Base64 }),
  z.strictObject({
    cipher: z.literal('scrypt+aes-256-gcm'),
    salt: Base64,
    nonce: Base64,
    bytes: Base64,
    tag: Base64,
  }),
]);
/** See {@link StoredSecret}. */
export type StoredSecret = z.infer<typeof StoredSecret>;

/** A key file. The public half is readable without the passphrase and is bound to the secret. */
export const KeyFile = z.strictObject({
  format: z.literal('witan-key/1'),
  keyId: z.string(),
  purpose: z.string(),
  publicKey: z.string(),
  state: z.enum(['active', 'retired', 'revoked']),
  createdAtWallMs: z.number(),
  endedAtWallMs: z.number().optional(),
  reason: z.string().optional(),
  /** Order of creation in the folder. */
  sequence: z.int().min(1),
  /** Public half of the BLS key that follows from the secret; absent: it never took part in an aggregate. */
  aggregate: AggregateKey.optional(),
  secret: StoredSecret,
});
/** See {@link KeyFile}. */
export type KeyFile = z.infer<typeof KeyFile>;

/**
 * Wraps and unwraps secrets of one folder. One derived key per salt is kept, so that a start derives once.
 */
export class SecretBox {
  readonly #passphrase: string | undefined;
  readonly #derived = new Map<string, Buffer>();
  #ownSalt: Uint8Array | undefined;

  constructor(passphrase: string | undefined) {
    this.#passphrase = passphrase;
  }

  /** Secret as it is stored: encrypted when there is a passphrase. The key id is authenticated with it. */
  wrap(keyId: string, secret: Uint8Array): StoredSecret {
    if (this.#passphrase === undefined) return { cipher: 'none', bytes: toBase64(secret) };
    const salt = (this.#ownSalt ??= randomBytes(16));
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#derive(salt), nonce);
    cipher.setAAD(canonicalBytes(keyId));
    const bytes = Buffer.concat([cipher.update(secret), cipher.final()]);
    const parts = { salt: toBase64(salt), nonce: toBase64(nonce), bytes: toBase64(bytes) };
    return { cipher: 'scrypt+aes-256-gcm', ...parts, tag: toBase64(cipher.getAuthTag()) };
  }

  /** Secret of a stored form. @throws permission_denied without the right passphrase */
  unwrap(keyId: string, stored: StoredSecret): Uint8Array {
    if (stored.cipher === 'none') return fromBase64(stored.bytes);
    if (this.#passphrase === undefined) throw noPassphrase(keyId, undefined);
    try {
      const salt = fromBase64(stored.salt);
      // New keys take the salt that is already derived.
      this.#ownSalt ??= salt;
      const decipher = createDecipheriv('aes-256-gcm', this.#derive(salt), fromBase64(stored.nonce), {
        authTagLength: 16,
      });
      decipher.setAAD(canonicalBytes(keyId));
      decipher.setAuthTag(fromBase64(stored.tag));
      return Buffer.concat([decipher.update(fromBase64(stored.bytes)), decipher.final()]);
    } catch (cause) {
      throw noPassphrase(keyId, cause);
    }
  }

  #derive(salt: Uint8Array): Buffer {
    const name = toHex(salt);
    const known = this.#derived.get(name);
    if (known) return known;
    const derived = scryptSync(this.#passphrase!.normalize('NFC'), salt, 32, SCRYPT);
    this.#derived.set(name, derived);
    return derived;
  }
}

/** Text of a key's file. */
export function encodeKeyFile({ info, secret }: HeldKey, sequence: number, box: SecretBox): string {
  const { createdAtWallMs, endedAtWallMs, reason } = info;
  const file: KeyFile = {
    format: 'witan-key/1',
    ...proofKeyOf(info),
    createdAtWallMs,
    ...(endedAtWallMs !== undefined && { endedAtWallMs }),
    ...(reason !== undefined && { reason }),
    sequence,
    secret: box.wrap(info.keyId, secret),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Key of a file's text. @throws verification_failed when it does not fit itself, permission_denied */
export function decodeKeyFile(
  text: string,
  name: string,
  box: SecretBox,
): { key: HeldKey; sequence: number; isPlain: boolean } {
  const file = parse(text, name);
  const secret = box.unwrap(file.keyId, file.secret);
  const { info } = makeKey(file.purpose, secret, file.createdAtWallMs);
  if (info.keyId !== file.keyId || toHex(info.publicKey) !== toHex(fromHex(file.publicKey)))
    throw damaged(name, undefined);
  const { state, endedAtWallMs, reason, sequence } = file;
  const ended = state === 'active' ? {} : { endedAtWallMs, reason };
  const isPlain = file.secret.cipher === 'none';
  const aggregate = file.aggregate && {
    publicKey: fromHex(file.aggregate.publicKey),
    possession: fromHex(file.aggregate.possession),
  };
  const half = aggregate ? { aggregate } : {};
  return { key: { info: { ...info, state, ...ended, ...half }, secret }, sequence, isPlain };
}

function parse(text: string, name: string): KeyFile {
  try {
    return KeyFile.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(name, cause);
  }
}

function damaged(name: string, cause: unknown): WitanError {
  const details = { path: name, expected: 'a key file of the form witan-key/1' };
  return new WitanError('verification_failed', `the key file ${name} is damaged`, details, cause);
}

function noPassphrase(keyId: string, cause: unknown): WitanError {
  const details = { keyId, expected: 'the passphrase that the key was stored with' };
  return new WitanError('permission_denied', `the key ${keyId} cannot be opened`, details, cause);
}
