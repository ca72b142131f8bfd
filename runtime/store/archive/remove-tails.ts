/** Lets tails go that a batch took the place of, and packs of tails that were cut off. */
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { listRanges, packPrefix } from './archive-names.ts';
import type { StepHook } from './archive-steps.ts';
import { parseManifest } from './manifest.ts';
import { purgeObject } from './purge-object.ts';

/** Packs younger than this may belong to a tail whose manifest another writer has not put yet. */
const YOUNG_MS = 3_600_000;

/** What is looked through. */
export interface RemoveTailsOptions {
  readonly objects: ObjectPort;
  readonly base: string;
  /** Index after the last entry that batches cover. */
  readonly endIndex: number;
  readonly nowWallMs: number;
  readonly step?: StepHook | undefined;
}

/**
 * Destroys tails that end before the batches do, and packs that no tail names.
 * @returns how many tails
 */
export async function removeTails(options: RemoveTailsOptions): Promise<number> {
  const { objects, base, endIndex, step } = options;
  const gone: string[] = [];
  const named = new Set<string>();
  for (const range of await listRanges(objects, base, 'tail')) {
    if (range.endIndex <= endIndex) gone.push(range.key);
    else for (const key of await packsOf(objects, range.key)) named.add(key);
  }
  for (const key of gone) {
    await step?.('archive:tail-remove');
    const packs = await packsOf(objects, key);
    // The manifest goes first: a tail without packs would be damage.
    await purgeObject(objects, key);
    await step?.('archive:tail-pack-remove');
    for (const pack of packs) if (!named.has(pack)) await purgeObject(objects, pack);
  }
  await removeStrays(options, named);
  return gone.length;
}

async function packsOf(objects: ObjectPort, manifest: string): Promise<readonly string[]> {
  return parseManifest(await objects.get(manifest), manifest).body.packs.map(({ key }) => key);
}

/** What a run left that was cut off before its manifest, or between a manifest's end and that of its packs. */
async function removeStrays(
  { objects, base, nowWallMs }: RemoveTailsOptions,
  named: ReadonlySet<string>,
): Promise<void> {
  const strays: string[] = [];
  for await (const { key, storedAtWallMs } of objects.list(packPrefix(base, 'tail')))
    if (!named.has(key) && nowWallMs - storedAtWallMs > YOUNG_MS) strays.push(key);
  for (const key of strays) await purgeObject(objects, key);
}
