/** Files of a node that a backup holds, read whole, and written back durably. */
import { chmod, mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';

/** One file of a node. */
export interface NodeFile {
  /** Path below the data folder, with slashes. */
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/**
 * What must never go back in time: never in a backup point, only in the one copy that each backup replaces.
 *
 * An older copy of keys would bring back what was erased; an older state of the witness would vouch for
 * a fork
 * that it had refused; an older outbox of the anchor would use a nonce twice.
 */
export const NEWEST_PLACES: readonly string[] = [
  'subject-keys',
  'wrapping-keys',
  'erasures',
  'witness',
  'anchor',
];

/** What is not backed up: the log, which has batches of its own; what is made anew; the key of the backup. */
const LEFT_OUT: readonly string[] = [
  'log',
  'database',
  'archive',
  'backup',
  'chain',
  'node.json',
  'bootstrap-token',
  'restored.json',
  'keys/archive-key.json',
];

/** Attempts at a file that changes while it is read. */
const ATTEMPTS = 5;

/** Paths of all files of a node's folder that belong in a backup point, sorted. */
export async function listNodeFiles(
  root: string,
  excluded: readonly string[] = [],
): Promise<{ readonly point: readonly string[]; readonly newest: readonly string[] }> {
  const leftOut = new Set(excluded.map((path) => resolve(path)));
  const found: string[] = [];
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (LEFT_OUT.includes(path) || leftOut.has(resolve(root, path))) continue;
      // What a crash left half-written, and locks of running processes.
      if (/\.(tmp|new|next|old)$/.test(entry.name) || entry.name === 'lock') continue;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  await walk('');
  const isNewest = (path: string): boolean =>
    NEWEST_PLACES.some((place) => path === place || path.startsWith(`${place}/`));
  found.sort();
  return { point: found.filter((path) => !isNewest(path)), newest: found.filter(isNewest) };
}

/** Reads a file of which nothing changed meanwhile; undefined when it is gone. @throws unavailable */
export async function readNodeFile(root: string, path: string): Promise<NodeFile | undefined> {
  const place = join(root, path);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      const before = await stat(place, { bigint: true });
      const bytes = await readFile(place);
      const after = await stat(place, { bigint: true });
      const isSame = before.mtimeNs === after.mtimeNs && before.ino === after.ino;
      if (isSame && Number(after.size) === bytes.length)
        return { path, mode: Number(after.mode & 0o777n), bytes: new Uint8Array(bytes) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
  throw new WitanError('unavailable', `${path} changes all the time`, { path });
}

/** Writes a file below a folder, with its parents; synced. @throws invalid_argument for a path outside */
export async function writeNodeFile(root: string, { path, mode, bytes }: NodeFile): Promise<void> {
  const place = resolve(root, path);
  const isInside = place.startsWith(resolve(root) + sep);
  if (!isInside || path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw new WitanError('invalid_argument', `${path} lies outside the folder`, { path });
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  const file = await open(place, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(place, mode);
}
