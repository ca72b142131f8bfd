/**
 * The one copy of what must never go back in time: replaced by each backup, its older versions destroyed at
 * once.
 *
 * So a key that the node destroyed is in no backup any more once the next backup was made, whatever point is
 * restored; and what was destroyed after that is destroyed again on restoring, from the certificates that
 * stand on the record.
 */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { fromBase64, toBase64, utf8 } from '../../../contracts/ledger/bytes.ts';
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { objectDigest } from '../objects/protection.ts';
import { purgeObject } from '../archive/purge-object.ts';
import { openObject, sealObject } from '../archive/sealed-object.ts';
import type { NodeFile } from './node-files.ts';

const Copy = z.strictObject({
  format: z.literal('witan-newest/1'),
  files: z.array(z.strictObject({ path: z.string(), mode: z.int(), bytes: z.string() })),
});

/** Where the copy lies. */
export interface NewestPlace {
  readonly objects: ObjectPort;
  readonly key: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/**
 * Puts the copy in the place of the one before; `onPurge` is told before that one's versions are destroyed.
 * @throws permission_denied when the store keeps older versions locked: it must not hold this object then
 */
export async function replaceNewest(
  { objects, key, secret }: NewestPlace,
  files: readonly NodeFile[],
  onPurge: () => void | Promise<void> = () => undefined,
): Promise<void> {
  const copy = {
    format: 'witan-newest/1',
    files: files.map(({ path, mode, bytes }) => ({ path, mode, bytes: toBase64(bytes) })),
  };
  const { bytes } = sealObject(secret, utf8(JSON.stringify(copy)));
  // The same content gives the same bytes.
  if ((await objects.head(key))?.digest === objectDigest(bytes))
    return purgeObject(objects, key, { keepNewest: true });
  await objects.put(key, bytes, { overwrite: true });
  await onPurge();
  await purgeObject(objects, key, { keepNewest: true });
}

/**
 * Files of the copy; none where there is no copy. It lies under the key of the last backup, which may be one
 * before the key in force.
 * @throws verification_failed
 */
export async function readNewest({
  objects,
  key,
  secrets,
}: Pick<NewestPlace, 'objects' | 'key'> & {
  readonly secrets: readonly Pick<NewestPlace, 'secret'>[];
}): Promise<readonly NodeFile[]> {
  if (!(await objects.head(key))) return [];
  const sealed = await objects.get(key, { isChecked: false });
  const content = openUnderOne(secrets, sealed, key);
  const parsed = Copy.safeParse(JSON.parse(new TextDecoder().decode(content)));
  if (!parsed.success) throw new WitanError('verification_failed', `${key} is of another form`, { key });
  return parsed.data.files.map(({ path, mode, bytes }) => ({ path, mode, bytes: fromBase64(bytes) }));
}

function openUnderOne(
  secrets: readonly Pick<NewestPlace, 'secret'>[],
  sealed: Uint8Array,
  name: string,
): Uint8Array {
  let first: unknown;
  for (const { secret } of secrets) {
    try {
      return openObject(secret, sealed, name);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}
