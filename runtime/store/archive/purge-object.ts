/** Destroys an object with all its versions, where a store keeps any. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { ObjectPort, ObjectVersion } from '../../kernel/ports/object.ts';

/**
 * Destroys every version of a key, or all but the newest.
 * @throws permission_denied for one that is locked or held: the others are gone then
 */
export async function purgeObject(
  objects: ObjectPort,
  key: string,
  { keepNewest = false }: { readonly keepNewest?: boolean } = {},
): Promise<void> {
  let versions: readonly ObjectVersion[];
  try {
    versions = await objects.versions(key);
  } catch (error) {
    if ((error as WitanError).code !== 'not_supported') throw error;
    // Without versions an overwrite has replaced the bytes already.
    if (!keepNewest) await objects.delete(key);
    return;
  }
  let refused: unknown;
  for (const { versionId, isNewest } of versions) {
    if (keepNewest && isNewest) continue;
    await objects.delete(key, { versionId }).catch((error: unknown) => (refused ??= error));
  }
  if (refused !== undefined) throw refused;
}
