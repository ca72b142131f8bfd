/** Names of archived objects, and which of them together cover a log. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ListedObject, ObjectPort } from '../../kernel/ports/object.ts';

/** Where a batch lies: `batch` is kept for the whole retention, `tail` until the next batch covers it. */
export type BatchKind = 'batch' | 'tail';

/** Entries of one manifest. */
export interface Range {
  readonly key: string;
  readonly kind: BatchKind;
  readonly firstIndex: number;
  /** Index after the last entry. */
  readonly endIndex: number;
}

const FOLDERS = { batch: 'batches', tail: 'tails' } as const;
const NAME = /^(\d{16})-(\d{16})\.json$/;

/** First part of the names of one log's archive; ends with a slash. */
export function archiveBase(prefix: string, logId: string): string {
  return `${prefix}/${logId.split('/').map(encodeURIComponent).join('/')}/`;
}

/** Name of a manifest. */
export function manifestKey(base: string, { kind, firstIndex, endIndex }: Omit<Range, 'key'>): string {
  return `${base}${FOLDERS[kind]}/${numbered(firstIndex)}-${numbered(endIndex)}.json`;
}

/** Prefix of all manifests of a kind. */
function manifestPrefix(base: string, kind: BatchKind): string {
  return `${base}${FOLDERS[kind]}/`;
}

/** Name of a pack: that of its content, so that the same content is stored once. */
export function packKey(base: string, kind: BatchKind, id: string): string {
  return `${packPrefix(base, kind)}${id}.wpk`;
}

/** Prefix of all packs of a kind. */
export function packPrefix(base: string, kind: BatchKind): string {
  return `${base}${kind === 'batch' ? 'packs' : 'tail-packs'}/`;
}

/** Range that a manifest's name tells; undefined for other objects. */
function rangeOf(key: string, kind: BatchKind): Range | undefined {
  const found = NAME.exec(key.slice(key.lastIndexOf('/') + 1));
  if (!found) return undefined;
  const [firstIndex, endIndex] = [Number(found[1]), Number(found[2])];
  return endIndex > firstIndex ? { key, kind, firstIndex, endIndex } : undefined;
}

/** Manifests of a kind, in the order of their names: by their first entries. */
export async function listRanges(
  objects: ObjectPort,
  base: string,
  kind: BatchKind,
): Promise<(Range & Pick<ListedObject, 'storedAtWallMs'>)[]> {
  const found: (Range & Pick<ListedObject, 'storedAtWallMs'>)[] = [];
  for await (const { key, storedAtWallMs } of objects.list(manifestPrefix(base, kind))) {
    const range = rangeOf(key, kind);
    if (range) found.push({ ...range, storedAtWallMs });
  }
  return found;
}

/**
 * Manifests that cover a log from its start without gaps, as few as there are: where ranges overlap, the one
 * that reaches furthest is taken, and a batch before a tail.
 */
export function coverage(ranges: readonly Range[], fromIndex = 0): Range[] {
  const left = [...ranges].sort((one, other) => one.firstIndex - other.firstIndex);
  const chosen: Range[] = [];
  let end = fromIndex;
  for (let at = 0; ;) {
    let best: Range | undefined;
    for (; at < left.length && left[at]!.firstIndex <= end; at += 1) best = further(best, left[at]!);
    if (!best || best.endIndex <= end) return chosen;
    chosen.push(best);
    end = best.endIndex;
  }
}

/** Index after the last entry that ranges cover without gaps. */
export function coveredEnd(chosen: readonly Range[]): number {
  return chosen.at(-1)?.endIndex ?? 0;
}

function further(best: Range | undefined, one: Range): Range {
  if (!best || one.endIndex > best.endIndex) return one;
  return one.endIndex === best.endIndex && one.kind === 'batch' ? one : best;
}

function numbered(index: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new WitanError('internal', `not an index: ${index}`);
  return String(index).padStart(16, '0');
}
