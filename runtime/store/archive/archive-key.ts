/** The secret that archives and backups are encrypted under: one file beside the signing keys. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { SecretBox, StoredSecret } from '../keys/key-file.ts';
import { replaceWiped, stored } from '../keys/key-folder.ts';
import { objectDigest } from '../objects/protection.ts';

/** Name of the file in a folder of keys; `witan keyring passphrase` covers it like every other key. */
export const ARCHIVE_KEY_FILE = 'archive-key.json';

const KEY_BYTES = 32;

const ArchiveKeyFile = z.strictObject({
  format: z.literal('witan-archive-key/1'),
  keyId: z.string().regex(/^archive-key#[0-9a-f]{16}$/),
  secret: StoredSecret,
});

/** The secret and its name. */
export interface ArchiveKey {
  /** `archive-key#` and 16 hex digits of the secret's SHA-256. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** Text of its file, as it lies in the folder. */
  readonly text: string;
  /** Whether a passphrase protects the file. */
  readonly isEncrypted: boolean;
}

/**
 * Key of a folder of keys; made where there is none, encrypted once there is a passphrase.
 * @throws permission_denied for a wrong passphrase, verification_failed for a damaged file, storage_failed
 */
export function archiveKeyIn(folder: string, passphrase: string | undefined): ArchiveKey {
  const path = join(folder, ARCHIVE_KEY_FILE);
  if (!stored(() => existsSync(path))) {
    stored(() => mkdirSync(folder, { recursive: true, mode: 0o700 }));
    const made = sealedKey(Uint8Array.from(randomBytes(KEY_BYTES)), passphrase);
    stored(() => replaceWiped(path, made.text));
    return made;
  }
  const found = parseArchiveKey(
    stored(() => readFileSync(path, 'utf8')),
    { passphrase, name: path },
  );
  if (found.isEncrypted || passphrase === undefined) return found;
  const sealed = sealedKey(found.secret, passphrase);
  stored(() => replaceWiped(path, sealed.text));
  return sealed;
}

/**
 * Key of a file's text. @throws permission_denied without the right passphrase, verification_failed for
 * anything else
 */
export function parseArchiveKey(
  text: string,
  { passphrase, name }: { readonly passphrase: string | undefined; readonly name: string },
): ArchiveKey {
  let file: z.infer<typeof ArchiveKeyFile>;
  try {
    file = ArchiveKeyFile.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(name, cause);
  }
  const { keyId, secret: storedSecret } = file;
  const secret = Uint8Array.from(new SecretBox(passphrase).unwrap(keyId, storedSecret));
  if (secret.length !== KEY_BYTES || keyIdOf(secret) !== keyId) throw damaged(name, undefined);
  return { keyId, secret, text, isEncrypted: storedSecret.cipher !== 'none' };
}

/** A key that lives as long as the process, for nodes that keep nothing. */
export function memoryArchiveKey(): ArchiveKey {
  return sealedKey(Uint8Array.from(randomBytes(KEY_BYTES)), undefined);
}

function sealedKey(secret: Uint8Array, passphrase: string | undefined): ArchiveKey {
  const keyId = keyIdOf(secret);
  const file = {
    format: 'witan-archive-key/1',
    keyId,
    secret: new SecretBox(passphrase).wrap(keyId, secret),
  };
  const text = `${JSON.stringify(file, null, 2)}\n`;
  return { keyId, secret, text, isEncrypted: passphrase !== undefined };
}

function keyIdOf(secret: Uint8Array): string {
  const digest = createHash('sha256').update('witan-archive-key/1\n').update(secret).digest('hex');
  return `archive-key#${digest.slice(0, 16)}`;
}

function damaged(name: string, cause: unknown): WitanError {
  const details = { path: name, expected: 'a key file of the form witan-archive-key/1' };
  return new WitanError('verification_failed', `the key file ${name} is damaged`, details, cause);
}

/** Prefix of the keys that lie beside an archive or backup, protected by their passphrase. */
export function archiveKeyPrefix(base: string): string {
  return `${base}keys/`;
}

/**
 * Puts a key beside what is sealed under it, so that its passphrase alone gives everything back; a key
 * without
 * a passphrase never leaves the node.
 */
export async function putArchiveKey(objects: ObjectPort, base: string, key: ArchiveKey): Promise<void> {
  if (!key.isEncrypted) return;
  const name = `${archiveKeyPrefix(base)}${key.keyId.replace('#', '-')}.json`;
  const bytes = Buffer.from(key.text);
  if ((await objects.head(name))?.digest === objectDigest(bytes)) return;
  await objects.put(name, bytes, { overwrite: true });
}
