/** Where an archive or backup is, and the key that opens it: what the command line and embedders name. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { SystemClock } from '../../kernel/index.ts';
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { ARCHIVE_KEY_FILE, parseArchiveKey } from '../../store/archive/archive-key.ts';
import type { ArchiveKey } from '../../store/archive/archive-key.ts';
import { openObjects } from '../../store/objects/open-objects.ts';
import { dataFolderAt } from '../record/data-folder.ts';
import { keyPassphrase } from '../record/open-keys.ts';

/** What is opened. */
export interface PlaceOptions {
  /** A folder, or `s3://bucket/prefix?region=…&endpoint=…`. */
  readonly address: string;
  /** First part of the names of objects. */
  readonly prefix: string;
  readonly settings: Settings;
  /**
   * File of the key; absent: that of the data folder, else the one that lies beside, under its
   * passphrase.
   */
  readonly keyFile?: string | undefined;
  /** Absent: the node's own passphrase, as the settings say. */
  readonly passphraseFile?: string | undefined;
  readonly dataDir?: string | undefined;
}

/** An opened archive or backup. */
export interface OpenedPlace {
  readonly objects: ObjectPort;
  readonly prefix: string;
  readonly key: ArchiveKey;
}

/** Opens the store, and the key; closes the store when `use` ends. @throws permission_denied, not_found */
export async function withPlace<T>(
  options: PlaceOptions,
  use: (place: OpenedPlace) => Promise<T>,
): Promise<T> {
  const { address, prefix, settings } = options;
  const objects = await openPlaceObjects(settings, address);
  try {
    return await use({ objects, prefix, key: await findKey(options, objects) });
  } finally {
    await objects.close();
  }
}

/** Opens the store alone. @throws config_invalid */
export function openPlaceObjects({ archive }: Settings, address: string): Promise<ObjectPort> {
  return openObjects({ address, clock: new SystemClock(), timeoutMs: archive.timeoutMs });
}

async function findKey(options: PlaceOptions, objects: ObjectPort): Promise<ArchiveKey> {
  const { keyFile, dataDir, prefix, settings, passphraseFile } = options;
  const passphrase = keyPassphrase(
    passphraseFile === undefined
      ? settings
      : { crypto: { ...settings.crypto, keyPassphrase: '', keyPassphraseFile: passphraseFile } },
  );
  const own = dataDir === undefined ? undefined : join(dataFolderAt(dataDir).keys, ARCHIVE_KEY_FILE);
  const file = keyFile ?? (own !== undefined && existsSync(own) ? own : undefined);
  if (file !== undefined) return parseArchiveKey(readKey(file), { passphrase, name: file });
  const beside = await keyBeside(objects, prefix, passphrase);
  if (beside) return beside;
  const expected = 'the node’s keys/archive-key.json by --archive-key, or its passphrase where it had one';
  throw new WitanError('not_found', 'there is no key to open the archive with', {
    path: '--archive-key',
    expected,
  });
}

/** The newest key that lies beside and that the passphrase opens: it has those before it with it. */
async function keyBeside(
  objects: ObjectPort,
  prefix: string,
  passphrase: string | undefined,
): Promise<ArchiveKey | undefined> {
  const found: { readonly key: ArchiveKey; readonly storedAtWallMs: number }[] = [];
  let refused: unknown;
  for await (const { key: name, storedAtWallMs } of objects.list(`${prefix}/`)) {
    if (!/\/keys\/archive-key-[0-9a-f]{16}\.json$/.test(name)) continue;
    const text = new TextDecoder().decode(await objects.get(name));
    try {
      found.push({ key: parseArchiveKey(text, { passphrase, name }), storedAtWallMs });
    } catch (error) {
      // One from before a change of the passphrase stays as it was put there.
      refused ??= error;
    }
  }
  const byAge = (one: (typeof found)[number], other: (typeof found)[number]): number =>
    other.storedAtWallMs - one.storedAtWallMs || other.key.former.length - one.key.former.length;
  const [newest] = found.sort(byAge);
  if (!newest && refused !== undefined) throw refused;
  return newest?.key;
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WitanError('not_found', `there is no key file ${file}`, { path: '--archive-key' }, cause);
  }
}
