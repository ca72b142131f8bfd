/** The folder of one node: where what lies, and the two files that others read. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';

/** Places inside a data folder. */
export interface DataFolder {
  readonly root: string;
  /** The log; the record itself. */
  readonly log: string;
  readonly keys: string;
  /** Keys of persons and records, wrapped. */
  readonly subjectKeys: string;
  /** Erasures and legal holds. */
  readonly erasures: string;
  /** Keys that wrap those of persons and records; keep them out of backups. */
  readonly wrappingKeys: string;
  /** API keys that the node keeps: digests, never secrets. */
  readonly identity: string;
  /** Users and sessions of people who sign in. */
  readonly signIn: string;
  /** One-time token for the first administrator; there as long as there is none. */
  readonly bootstrapToken: string;
  /** The embedded database; an index that can be rebuilt. */
  readonly database: string;
  /** Address of the running node, for commands on the same machine. */
  readonly nodeFile: string;
  /** Public key to pin. */
  readonly keyFile: string;
}

/** Places inside `root`; nothing is made. */
export function dataFolderAt(root: string): DataFolder {
  return {
    root,
    log: join(root, 'log'),
    keys: join(root, 'keys'),
    subjectKeys: join(root, 'subject-keys'),
    erasures: join(root, 'erasures'),
    wrappingKeys: join(root, 'wrapping-keys'),
    identity: join(root, 'identity'),
    signIn: join(root, 'sign-in'),
    bootstrapToken: join(root, 'bootstrap-token'),
    database: join(root, 'database'),
    nodeFile: join(root, 'node.json'),
    keyFile: join(root, 'verify-key.json'),
  };
}

/** Makes the folder, for its owner alone. @throws storage_failed */
export async function makeDataFolder(folder: DataFolder): Promise<void> {
  try {
    await mkdir(folder.root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new WitanError(
      'storage_failed',
      `the data folder ${folder.root} cannot be made: ${codeOf(error)}`,
      {
        path: 'node.dataDir',
        expected: 'a folder that this user may write',
      },
      error,
    );
  }
}

/** Says where the node listens. Whole or not at all: readers never see half a file. */
export async function writeNodeFile(
  folder: DataFolder,
  node: { name: string; url: string | null },
): Promise<void> {
  await writeWhole(folder.nodeFile, { format: 'witan-node/1', ...node });
}

/** Takes the address back; a reader then knows that no node runs here. */
export async function removeNodeFile(folder: DataFolder): Promise<void> {
  await rm(folder.nodeFile, { force: true });
}

/** Writes the key that readers pin. */
export async function writeKeyFile(folder: DataFolder, key: PinnedKey): Promise<void> {
  await writeWhole(folder.keyFile, key);
}

async function writeWhole(file: string, value: unknown): Promise<void> {
  try {
    await writeFile(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o644 });
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new WitanError('storage_failed', `${file} cannot be written: ${codeOf(error)}`, {}, error);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
