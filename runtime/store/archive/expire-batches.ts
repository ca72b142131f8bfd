/** Lets go what is past its retention: oldest first, never a hole, never under a lock or a hold. */
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { archiveBase, listRanges } from './archive-names.ts';
import { parseManifest } from './manifest.ts';
import { purgeObject } from './purge-object.ts';

/** What is looked through. */
export interface ExpireOptions {
  readonly objects: ObjectPort;
  readonly prefix: string;
  readonly logId: string;
  readonly nowWallMs: number;
  /** End of the retention of what was stored then, wall ms. */
  readonly retainedUntil: (storedAtWallMs: number) => number;
}

/**
 * Destroys batches from the oldest on, up to the first that has to stay. The newest batch always stays.
 * @returns how many
 */
export async function expireBatches(options: ExpireOptions): Promise<number> {
  const { objects, prefix, logId, nowWallMs, retainedUntil } = options;
  const batches = await listRanges(objects, archiveBase(prefix, logId), 'batch');
  let count = 0;
  for (const { key, storedAtWallMs } of batches.slice(0, -1)) {
    if (retainedUntil(storedAtWallMs) > nowWallMs) break;
    const { packs } = parseManifest(await objects.get(key), key).body;
    const names = [key, ...packs.map((pack) => pack.key)];
    if (await isProtected(objects, names, nowWallMs)) break;
    // The manifest goes first: what is left of a batch that was cut off here is nothing.
    for (const name of names) await purgeObject(objects, name);
    count += 1;
  }
  return count;
}

async function isProtected(
  objects: ObjectPort,
  names: readonly string[],
  nowWallMs: number,
): Promise<boolean> {
  for (const name of names) {
    const info = await objects.head(name);
    if (info && (info.legalHold || (info.retainUntilWallMs ?? 0) > nowWallMs)) return true;
  }
  return false;
}
