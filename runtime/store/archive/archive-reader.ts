/** Reads a log back from the archive alone, entry by entry, and names what does not fit. */
import { WitanError } from '../../../contracts/errors.ts';
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import {
  chainNext,
  chainStart,
  entryLeafHash,
  hashText,
  parseEntry,
} from '../../../contracts/ledger/leaf.ts';
import type { StoredEntry } from '../../../contracts/ledger/leaf.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { objectDigest } from '../objects/protection.ts';
import { archiveBase, coverage, listRanges } from './archive-names.ts';
import type { Range } from './archive-names.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest, PackInfo } from './manifest.ts';
import { decodePack } from './pack.ts';
import { openObject } from './sealed-object.ts';

/** Where an archive is. */
export interface ArchivePlace {
  readonly objects: ObjectPort;
  readonly prefix: string;
}

/** An entry as the archive holds it. */
export interface ArchivedEntry {
  readonly index: number;
  readonly canonical: string;
  readonly entry: StoredEntry;
  /** 32 bytes each. */
  readonly leafHash: Uint8Array;
  readonly chain: Uint8Array;
}

/** What is wrong, and where. */
export interface ArchiveDamage {
  /** Name of the object. */
  readonly object: string;
  /** First damaged byte of the object, or null where the place is not a byte. */
  readonly offset: number | null;
  /** Entry that does not fit, or null. */
  readonly index: number | null;
  readonly reason: string;
}

/** Thrown by {@link readArchive}; `damage` is what a verifier reports. */
export class ArchiveDamaged extends WitanError {
  readonly damage: ArchiveDamage;

  constructor(damage: ArchiveDamage, cause?: unknown) {
    const { object, offset, index, reason } = damage;
    const place = offset === null ? '' : ` at byte ${offset}`;
    const which = index === null ? '' : `, entry ${index}`;
    super('verification_failed', `${object}${place}${which}: ${reason}`, { ...damage }, cause);
    this.damage = damage;
  }
}

/** Logs that an archive holds, by the names of its manifests. */
export async function archivedLogs({ objects, prefix }: ArchivePlace): Promise<string[]> {
  const logs = new Set<string>();
  for await (const { key } of objects.list(`${prefix}/`)) {
    const found = /^(.*)\/(?:batches|tails)\/\d{16}-\d{16}\.json$/.exec(key.slice(prefix.length + 1));
    if (found) logs.add(found[1]!.split('/').map(decodeURIComponent).join('/'));
  }
  return [...logs].sort();
}

/** Manifests that cover a log from its start, in order. @throws not_found */
export async function archivedRanges({ objects, prefix }: ArchivePlace, logId: string): Promise<Range[]> {
  const base = archiveBase(prefix, logId);
  const ranges = [
    ...(await listRanges(objects, base, 'batch')),
    ...(await listRanges(objects, base, 'tail')),
  ];
  if (ranges.length > 0) {
    // What is past its retention is gone from the start on; the rest is checked from where it begins.
    const first = Math.min(...ranges.map(({ firstIndex }) => firstIndex));
    return coverage(ranges, first);
  }
  const expected = `manifests under ${base}`;
  throw new WitanError('not_found', `the archive does not hold the log ${logId}`, { expected });
}

/** What {@link readArchive} is given. */
export interface ReadArchiveOptions extends ArchivePlace {
  readonly logId: string;
  /** Secret that it was sealed under; 32 bytes. Several, after a rotation: by the names of their keys. */
  readonly secret: Uint8Array | ((keyId: string) => Uint8Array);
  /** Manifests in order, from {@link archivedRanges}. */
  readonly ranges: readonly Range[];
  /** Told of each manifest before its entries. */
  readonly onBegin?: (manifest: Manifest, key: string) => void;
  /** Told of each manifest once all its entries were given, with the chain at its end. */
  readonly onManifest?: (manifest: Manifest, key: string) => void;
}

/**
 * Entries of a log in order, each checked for its index and its place in the hash chain.
 * @throws ArchiveDamaged (verification_failed), unavailable
 */
export async function* readArchive(options: ReadArchiveOptions): AsyncGenerator<ArchivedEntry> {
  const { logId, ranges } = options;
  let chain = chainStart(logId, sha256);
  let size = ranges[0]?.firstIndex ?? 0;
  for (const range of ranges) {
    const manifest = await loadManifest(options, range);
    if (range === ranges[0] && size > 0) chain = startOf(manifest, range.key);
    if (manifest.body.logId !== logId)
      throw new ArchiveDamaged({
        object: range.key,
        offset: null,
        index: null,
        reason: 'it is of another log',
      });
    options.onBegin?.(manifest, range.key);
    let index = range.firstIndex;
    for (const pack of manifest.body.packs) {
      if (pack.firstIndex !== index)
        throw new ArchiveDamaged({ object: range.key, offset: null, index, reason: 'its packs leave a gap' });
      for (const canonical of await loadPack(options, pack, manifest)) {
        // Where ranges overlap, what an earlier one gave already is not given again.
        if (index >= size) {
          const read = checked(canonical, { index, chain, object: pack.key });
          chain = read.chain;
          size = index + 1;
          yield read;
        }
        index += 1;
      }
    }
    if (index !== range.endIndex)
      throw new ArchiveDamaged({
        object: range.key,
        offset: null,
        index,
        reason: 'its packs end before it does',
      });
    if (hashText(chain) !== manifest.body.lastChainHash)
      throw new ArchiveDamaged({
        object: range.key,
        offset: null,
        index: size - 1,
        reason: 'the last entry does not give the chain hash that the manifest names',
      });
    options.onManifest?.(manifest, range.key);
  }
}

/**
 * Chain before the first entry that the archive still holds; signed heads after it say whether it is
 * right.
 */
function startOf({ body }: Manifest, object: string): Uint8Array {
  const { previousChainHash } = body;
  if (previousChainHash !== null) return fromHex(previousChainHash.slice('sha256:'.length));
  throw new ArchiveDamaged({
    object,
    offset: null,
    index: null,
    reason: 'it does not say what comes before it',
  });
}

async function loadManifest({ objects }: ArchivePlace, range: Range): Promise<Manifest> {
  const manifest = await named(range.key, async () => parseManifest(await objects.get(range.key), range.key));
  const { firstIndex, endIndex } = manifest.body;
  if (firstIndex === range.firstIndex && endIndex === range.endIndex) return manifest;
  throw new ArchiveDamaged({
    object: range.key,
    offset: null,
    index: null,
    reason: 'it is of another range',
  });
}

async function loadPack(options: ReadArchiveOptions, pack: PackInfo, { body }: Manifest): Promise<string[]> {
  const { objects, logId } = options;
  const secret =
    typeof options.secret === 'function' ? options.secret(body.encryption.keyId) : options.secret;
  const { key, digest, firstIndex, entryCount } = pack;
  return named(key, async () => {
    // Read unchecked: the frames of the sealing tell which byte is wrong, where a digest would only say no.
    const bytes = await objects.get(key, { isChecked: false });
    const content = openObject(secret, bytes, key);
    if (objectDigest(bytes) !== digest)
      throw new ArchiveDamaged({ object: key, offset: null, index: null, reason: 'it is another object' });
    return decodePack(content, { logId, firstIndex, entryCount });
  });
}

function checked(
  canonical: string,
  { index, chain, object }: { readonly index: number; readonly chain: Uint8Array; readonly object: string },
): ArchivedEntry {
  const wrong = (reason: string, at: number, cause?: unknown): ArchiveDamaged =>
    new ArchiveDamaged({ object, offset: null, index: at, reason }, cause);
  let entry: StoredEntry;
  try {
    entry = parseEntry(canonical);
  } catch (cause) {
    throw wrong('it is no entry', index, cause);
  }
  if (entry.index !== index) throw wrong(`it says that it is entry ${entry.index}`, index);
  // Each entry names the chain before it: one that was changed shows at the next.
  if (entry.previous !== hashText(chain))
    throw wrong(`it is not the entry that entry ${index} was built on`, Math.max(0, index - 1));
  const leafHash = entryLeafHash(canonical, sha256);
  return { index, canonical, entry, leafHash, chain: chainNext(chain, leafHash, sha256) };
}

/** Gives errors that name no object the name of the one that was read. */
async function named<T>(object: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ArchiveDamaged || !(error instanceof WitanError)) throw error;
    if (error.code !== 'verification_failed' && error.code !== 'not_found') throw error;
    const { offset } = error.details as { offset?: unknown };
    const damage = { object, offset: typeof offset === 'number' ? offset : null, index: null };
    throw new ArchiveDamaged({ ...damage, reason: error.message }, error);
  }
}
