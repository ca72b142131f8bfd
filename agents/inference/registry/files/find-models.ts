/** Finds the versions of models below a root: `<id>/<version>/model.json`, ids in as many folders as parts. */
import { readdir, realpath } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../../contracts/errors.ts';
import { ModelId, ModelVersion } from '../../../../contracts/messages/models/manifest.ts';
import type { ModelPlace } from './model-folder.ts';

/** Parts of the longest id, and the version. */
const DEPTH_LIMIT = 8;
/** Folders below one root that are looked at; more is no folder of models. */
const FOLDER_LIMIT = 10_000;

/**
 * Places of models in the order of their names; none where there is no such folder. Links are not followed.
 * @throws config_invalid for a root that is no folder or holds too much
 */
export async function findModels(root: string): Promise<readonly ModelPlace[]> {
  const real = await realpath(root).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw unreadable(root, cause);
  });
  if (real === undefined) return [];
  const places: ModelPlace[] = [];
  let folderCount = 0;
  const walk = async (parts: readonly string[]): Promise<void> => {
    folderCount += 1;
    if (folderCount > FOLDER_LIMIT) throw unreadable(root, new Error(`more than ${FOLDER_LIMIT} folders`));
    const entries = await list(join(real, ...parts), root);
    const version = parts.at(-1) ?? '';
    // Also without a manifest: a version that lost it must not vanish in favour of an older one.
    if (ModelVersion.safeParse(version).success) {
      const id = parts.slice(0, -1).join('/');
      if (ModelId.safeParse(id).success) places.push({ root: real, id, version });
      return;
    }
    if (parts.length >= DEPTH_LIMIT) return;
    for (const { name } of entries.filter((entry) => entry.isDirectory())) await walk([...parts, name]);
  };
  await walk([]);
  return places;
}

async function list(folder: string, root: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw unreadable(root, cause);
  }
}

function unreadable(root: string, cause: unknown): WitanError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const details = { path: 'models.folder', expected: 'a folder of models that this user may read' };
  return new WitanError('config_invalid', `the folder ${root} cannot be read: ${why}`, details, cause);
}
