/** The key that seals what is kept of users and sessions: made at first, for the owner of the node alone. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { makePrivateFolder, writeSyncedFile } from '../synced-file.ts';

const KEY_FILE = 'seal-key';
const KEY_BYTES = 32;
const TEXT = /^[0-9a-f]{64}$/;

/** Key in a node's own folder; made, with the folder, where there is none. @throws storage_failed, verification_failed */
export async function sealKeyIn(folder: string): Promise<Uint8Array> {
  await makePrivateFolder(folder);
  const path = join(folder, KEY_FILE);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new WitanError('storage_failed', `${KEY_FILE} could not be read`, { path: KEY_FILE }, cause);
  });
  if (text === undefined) {
    const key = randomBytes(KEY_BYTES);
    await writeSyncedFile(path, `${key.toString('hex')}\n`);
    return key;
  }
  const key = keyOf(text);
  if (key) return key;
  const details = { path: KEY_FILE, expected: 'a file of the form that this node writes' };
  throw new WitanError('verification_failed', `${KEY_FILE} is damaged`, details);
}

/** Key in a file that several nodes are given. @throws config_invalid */
export async function sealKeyAt(file: string): Promise<Uint8Array> {
  const path = 'signIn.sealKeyFile';
  const expected = 'a file with 64 hex digits';
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new WitanError('config_invalid', `${path} cannot be read`, { path, expected }, cause);
  });
  const key = keyOf(text);
  if (key) return key;
  throw new WitanError('config_invalid', `${path} holds no key`, { path, expected });
}

function keyOf(text: string): Uint8Array | undefined {
  const digits = text.trim();
  return TEXT.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}
