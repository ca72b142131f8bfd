/** A folder of key files as a whole: overwriting what leaves it, and another passphrase for all of it. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { SecretBox, StoredSecret } from './key-file.ts';

/** Any file of this folder: the key's id, its secret, and fields that stay as they are. */
const AnyKeyFile = z.looseObject({
  keyId: z.string(),
  secret: StoredSecret,
  /** Of the archive's key: those before it. */
  former: z.array(z.strictObject({ keyId: z.string(), secret: StoredSecret })).optional(),
});

/** Writes a whole file of mode 0600 and syncs it. */
export function writeSyncedSync(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600);
  try {
    // A temporary file left by a crash keeps its old mode otherwise.
    chmodSync(path, 0o600);
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes names in a folder durable. */
export function syncFolderSync(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/**
 * Puts `text` in the place of a file and overwrites the blocks of the old one, as far as the disk lets it:
 * after a passphrase was set, the plain secret must not lie in blocks that are merely free.
 */
export function replaceWiped(
  path: string,
  text: string,
  onStep: (name: 'write' | 'replace') => void = () => undefined,
): void {
  const temporary = `${path}.tmp`;
  onStep('write');
  writeSyncedSync(temporary, text);
  onStep('replace');
  const old = existsSync(path) ? openSync(path, 'r+') : undefined;
  try {
    renameSync(temporary, path);
    syncFolderSync(dirname(path));
    if (old !== undefined) overwrite(old);
  } finally {
    if (old !== undefined) closeSync(old);
  }
}

/** Overwrites a file with zeros and removes it. */
export function wipeFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    overwrite(file);
  } finally {
    closeSync(file);
  }
  rmSync(path);
}

/**
 * Finishes a change of the passphrase that a crash cut off: before the folders were exchanged the old one
 * stays, after that the new one.
 */
export function recoverKeyFolder(folder: string): void {
  const [next, old] = [`${folder}.next`, `${folder}.old`];
  if (!existsSync(folder) && existsSync(next) && existsSync(old)) {
    renameSync(next, folder);
    syncFolderSync(dirname(folder));
  }
  if (!existsSync(folder)) return;
  for (const left of [next, old]) if (existsSync(left)) wipeFolder(left);
}

/** Old and new passphrase; undefined: plain. */
export interface PassphraseChange {
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Told before each step that changes a file, for tests of crashes. */
  readonly onStep?: (name: string) => void;
}

/**
 * Encrypts every key file of a folder under another passphrase, or leaves all as they were. The node must
 * not run.
 * @returns how many keys
 * @throws permission_denied for a wrong passphrase, verification_failed for a damaged file, storage_failed
 */
export function changePassphrase(folder: string, { from, to, onStep }: PassphraseChange): number {
  const step = onStep ?? (() => undefined);
  return stored(() => {
    recoverKeyFolder(folder);
    const boxes = { from: new SecretBox(from), to: new SecretBox(to) };
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    // All of them are opened before the first one is written: a wrong passphrase changes nothing.
    const files = names.map((name) => ({ name, text: rewrapped(join(folder, name), boxes) }));
    const next = `${folder}.next`;
    step('make folder');
    mkdirSync(next, { mode: 0o700 });
    for (const { name, text } of files) {
      step(`write ${name}`);
      writeSyncedSync(join(next, name), text);
    }
    syncFolderSync(next);
    step('move the old folder away');
    renameSync(folder, `${folder}.old`);
    step('move the new folder in');
    renameSync(next, folder);
    syncFolderSync(dirname(folder));
    step('wipe');
    wipeFolder(`${folder}.old`);
    return files.length;
  });
}

function rewrapped(path: string, boxes: { from: SecretBox; to: SecretBox }): string {
  const parsed = AnyKeyFile.safeParse(safeJson(readFileSync(path, 'utf8')));
  if (!parsed.success)
    throw new WitanError('verification_failed', `${path} is no key file`, { path, expected: 'a key file' });
  const { former, ...file } = parsed.data;
  const anew = ({ keyId, secret }: { keyId: string; secret: StoredSecret }) => ({
    keyId,
    secret: boxes.to.wrap(keyId, boxes.from.unwrap(keyId, secret)),
  });
  const before = former && { former: former.map(anew) };
  return `${JSON.stringify({ ...file, ...anew(file), ...before }, null, 2)}\n`;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function overwrite(file: number): void {
  const zeros = Buffer.alloc(fstatSync(file).size);
  for (let done = 0; done < zeros.length;) done += writeSync(file, zeros, done, zeros.length - done, done);
  fsyncSync(file);
}

function wipeFolder(folder: string): void {
  for (const name of readdirSync(folder)) wipeFile(join(folder, name));
  rmdirSync(folder);
  syncFolderSync(dirname(folder));
}

/** Turns errors of the file system into ours. @throws storage_failed */
export function stored<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof WitanError) throw cause;
    const { code } = cause as { code?: string };
    throw new WitanError('storage_failed', 'the keys could not be read or stored', { code }, cause);
  }
}
