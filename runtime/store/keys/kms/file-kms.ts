/**
 * A key service on files of this node: one file a key, mode 0600, encrypted under a passphrase where there
 * is one.
 *
 * It is as safe as the disk and the passphrase. Keep its folder out of the copies that hold the keys it
 * wraps: whoever has both copies, and the passphrase, has the data.
 */
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { makePrivateFolder, removeSyncedFile, writeSyncedFile } from '../../synced-file.ts';
import { SecretBox, StoredSecret } from '../key-file.ts';
import { recoverKeyFolder } from '../key-folder.ts';
import { MemoryKms, type HeldWrappingKey } from './memory-kms.ts';

const WrappingKeyFile = z.strictObject({
  format: z.literal('witan-wrapping-key/1'),
  keyId: z.string().regex(/^wrap-[0-9a-f]{16}$/),
  label: z.string().max(200),
  createdAtWallMs: z.number(),
  secret: StoredSecret,
});

const KEY_NAME = /^wrap-[0-9a-f]{16}\.json$/;
/** Name that a key's file has while it is destroyed: what bears it is never read again. */
const DYING_SUFFIX = '.destroyed';

/** Settings of {@link openFileKms}. */
export interface FileKmsOptions {
  /** Folder of the keys; made, and closed to others. */
  readonly folder: string;
  readonly clock: Clock;
  /** Encrypts the keys: scrypt (N = 2^17, r = 8, p = 1), AES-256-GCM. */
  readonly passphrase?: string;
}

/**
 * Opens the keys of a folder; destroys what a crash left half destroyed.
 * @throws permission_denied for a wrong passphrase, verification_failed for a damaged file, storage_failed
 */
export async function openFileKms(options: FileKmsOptions): Promise<FileKms> {
  const kms = new FileKms(options);
  await kms.load();
  return kms;
}

/** See {@link openFileKms}. */
export class FileKms extends MemoryKms {
  override readonly kind = 'file';
  readonly #folder: string;
  readonly #box: SecretBox;

  constructor({ folder, clock, passphrase }: FileKmsOptions) {
    super(clock);
    this.#folder = folder;
    this.#box = new SecretBox(passphrase);
  }

  /** Reads all keys; called once. */
  async load(): Promise<void> {
    await stored(async () => recoverKeyFolder(this.#folder));
    await makePrivateFolder(this.#folder);
    const names = await stored(() => readdir(this.#folder));
    const keys: HeldWrappingKey[] = [];
    for (const name of names.filter((one) => KEY_NAME.test(one))) {
      const text = await stored(() => readFile(join(this.#folder, name), 'utf8'));
      const { keyId, label, createdAtWallMs, secret } = parse(text, name);
      const opened = Uint8Array.from(this.#box.unwrap(keyId, secret));
      keys.push({ info: { keyId, label, createdAtWallMs }, secret: opened });
    }
    keys.sort((left, right) => left.info.createdAtWallMs - right.info.createdAtWallMs);
    for (const key of keys) this.hold(key);
    for (const name of names.filter((one) => one.endsWith(DYING_SUFFIX))) await this.#wipe(name);
  }

  protected override async store({ info, secret }: HeldWrappingKey): Promise<void> {
    const file = { format: 'witan-wrapping-key/1', ...info, secret: this.#box.wrap(info.keyId, secret) };
    await writeSyncedFile(join(this.#folder, `${info.keyId}.json`), `${JSON.stringify(file, null, 2)}\n`);
  }

  protected override async erase({ info }: HeldWrappingKey): Promise<void> {
    const name = `${info.keyId}.json`;
    await stored(() => rename(join(this.#folder, name), join(this.#folder, `${name}${DYING_SUFFIX}`)));
    await this.#wipe(`${name}${DYING_SUFFIX}`);
  }

  async #wipe(name: string): Promise<void> {
    const path = join(this.#folder, name);
    await stored(async () => {
      const file = await open(path, 'r+');
      try {
        const { size } = await file.stat();
        await file.write(Buffer.alloc(size), 0, size, 0);
        await file.sync();
      } finally {
        await file.close();
      }
      await rm(path);
    });
    // Syncs the folder too.
    await removeSyncedFile(path);
  }
}

function parse(text: string, name: string): z.infer<typeof WrappingKeyFile> {
  try {
    return WrappingKeyFile.parse(JSON.parse(text));
  } catch (cause) {
    const details = { path: name, expected: 'a key file of the form witan-wrapping-key/1' };
    throw new WitanError('verification_failed', `the key file ${name} is damaged`, details, cause);
  }
}

async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof WitanError) throw cause;
    const { code } = cause as { code?: string };
    throw new WitanError('storage_failed', 'wrapping keys could not be read or stored', { code }, cause);
  }
}
