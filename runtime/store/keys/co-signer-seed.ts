/** The secret behind co-signatures of checkpoints: one file beside the signing keys. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { SecretBox, StoredSecret } from './key-file.ts';
import { replaceWiped, stored } from './key-folder.ts';

const FILE = 'co-signer.json';
const KEY_ID = 'checkpoint-ml-dsa-44';
const SEED_BYTES = 32;

const SeedFile = z.strictObject({
  format: z.literal('witan-co-signer/1'),
  keyId: z.literal(KEY_ID),
  secret: StoredSecret,
});

/**
 * Seed of 32 bytes in a folder of keys; made where there is none, encrypted once there is a passphrase.
 * @throws permission_denied for a wrong passphrase, verification_failed for a damaged file, storage_failed
 */
export function coSignerSeedIn(folder: string, passphrase: string | undefined): Uint8Array {
  const path = join(folder, FILE);
  const box = new SecretBox(passphrase);
  const write = (seed: Uint8Array): void => {
    const file = { format: 'witan-co-signer/1', keyId: KEY_ID, secret: box.wrap(KEY_ID, seed) };
    stored(() => replaceWiped(path, `${JSON.stringify(file, null, 2)}\n`));
  };
  if (!stored(() => existsSync(path))) {
    const seed = Uint8Array.from(randomBytes(SEED_BYTES));
    stored(() => mkdirSync(folder, { recursive: true, mode: 0o700 }));
    write(seed);
    return seed;
  }
  const { secret } = parse(stored(() => readFileSync(path, 'utf8')));
  const seed = box.unwrap(KEY_ID, secret);
  if (secret.cipher === 'none' && passphrase !== undefined) write(seed);
  return Uint8Array.from(seed);
}

function parse(text: string): z.infer<typeof SeedFile> {
  try {
    return SeedFile.parse(JSON.parse(text));
  } catch (cause) {
    const details = { path: FILE, expected: 'a file of the form witan-co-signer/1' };
    throw new WitanError('verification_failed', `the key file ${FILE} is damaged`, details, cause);
  }
}
