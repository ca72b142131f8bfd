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

/** Rotations that one file remembers. */
const FORMER_MAX_COUNT = 1_000;

const NamedSecret = { keyId: z.string().regex(/^archive-key#[0-9a-f]{16}$/), secret: StoredSecret };
const ArchiveKeyFile = z.strictObject({
  format: z.literal('witan-archive-key/1'),
  ...NamedSecret,
  /** Keys before it, newest first: what was sealed under them opens while it is kept. Absent: none. */
  former: z.array(z.strictObject(NamedSecret)).max(FORMER_MAX_COUNT).optional(),
});

/** One secret and its name. */
export interface NamedArchiveKey {
  /** `archive-key#` and 16 hex digits of the secret's SHA-256. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** The key that new objects are sealed under, and those before it. */
export interface ArchiveKey extends NamedArchiveKey {
  /** Newest first. */
  readonly former: readonly NamedArchiveKey[];
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
    const made = madeKey(passphrase);
    stored(() => replaceWiped(path, made.text));
    return made;
  }
  const found = readArchiveKey(path, passphrase);
  if (found.isEncrypted || passphrase === undefined) return found;
  const sealed = sealedKey(found, found.former, passphrase);
  stored(() => replaceWiped(path, sealed.text));
  return sealed;
}

/**
 * Puts a new key in the place of that of a folder, which stays readable beside it. The file is replaced at
 * once: cut off, it is the one from before. The node must not run.
 * @throws not_found without a key, permission_denied for a wrong passphrase, verification_failed,
 *   storage_failed
 */
export function rotateArchiveKey(
  folder: string,
  passphrase: string | undefined,
  onStep: (name: 'write' | 'replace') => void = () => undefined,
): ArchiveKey {
  const path = join(folder, ARCHIVE_KEY_FILE);
  if (!stored(() => existsSync(path)))
    throw new WitanError('not_found', `there is no key ${path}`, { path, expected: 'a key of an archive' });
  const { keyId, secret, former } = readArchiveKey(path, passphrase);
  const next = madeKey(passphrase, [{ keyId, secret }, ...former].slice(0, FORMER_MAX_COUNT));
  stored(() => replaceWiped(path, next.text, onStep));
  return next;
}

/**
 * Secret of the key that something was sealed under.
 * @throws permission_denied with `details.keyId` when it is not among them
 */
export function archiveSecret(key: ArchiveKey, keyId: string): Uint8Array {
  const found = [key, ...key.former].find((one) => one.keyId === keyId);
  if (found) return found.secret;
  const details = { keyId, expected: `the key ${keyId}, or a file that was saved since it was made` };
  throw new WitanError('permission_denied', `it was sealed under another key: ${keyId}`, details);
}

function readArchiveKey(path: string, passphrase: string | undefined): ArchiveKey {
  const text = stored(() => readFileSync(path, 'utf8'));
  return parseArchiveKey(text, { passphrase, name: path });
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
  const box = new SecretBox(passphrase);
  const [active, ...former] = [file, ...(file.former ?? [])].map(({ keyId, secret: storedSecret }) => {
    const secret = Uint8Array.from(box.unwrap(keyId, storedSecret));
    if (secret.length !== KEY_BYTES || keyIdOf(secret) !== keyId) throw damaged(name, undefined);
    return { keyId, secret };
  });
  return { ...active!, former, text, isEncrypted: file.secret.cipher !== 'none' };
}

/** A key that lives as long as the process, for nodes that keep nothing. */
export function memoryArchiveKey(): ArchiveKey {
  return madeKey(undefined);
}

function madeKey(passphrase: string | undefined, former: readonly NamedArchiveKey[] = []): ArchiveKey {
  const secret = Uint8Array.from(randomBytes(KEY_BYTES));
  return sealedKey({ keyId: keyIdOf(secret), secret }, former, passphrase);
}

function sealedKey(
  active: NamedArchiveKey,
  former: readonly NamedArchiveKey[],
  passphrase: string | undefined,
): ArchiveKey {
  const box = new SecretBox(passphrase);
  const { keyId, secret } = active;
  const wrapped = (one: NamedArchiveKey) => ({ keyId: one.keyId, secret: box.wrap(one.keyId, one.secret) });
  const before = former.length > 0 && { former: former.map(wrapped) };
  const file = { format: 'witan-archive-key/1', ...wrapped(active), ...before };
  const text = `${JSON.stringify(file, null, 2)}\n`;
  return { keyId, secret, former, text, isEncrypted: passphrase !== undefined };
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
