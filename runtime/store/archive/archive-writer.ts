/**
 * Writes the record to an object store: packs first, each read back, then the manifest, which makes them a
 * batch. Cut off anywhere, it is simply begun again: packs are named by their content, and without a manifest
 * they are nothing.
 */
import { WitanError } from '../../../contracts/errors.ts';
import { fromHex, toHex } from '../../../contracts/ledger/bytes.ts';
import { CompactRange } from '../../../contracts/ledger/tree/compact-range.ts';
import { entryLeafHash, hashText } from '../../../contracts/ledger/leaf.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { LedgerCheckpoint, LedgerEntry, LedgerPort } from '../../kernel/ports/ledger.ts';
import type { ObjectPort, PutOptions } from '../../kernel/ports/object.ts';
import { objectDigest } from '../objects/protection.ts';
import { putArchiveKey } from './archive-key.ts';
import type { ArchiveKey } from './archive-key.ts';
import { archiveBase, coverage, coveredEnd, listRanges, manifestKey, packKey } from './archive-names.ts';
import type { BatchKind } from './archive-names.ts';
import { encodeSigned } from './archive-signature.ts';
import type { StepHook } from './archive-steps.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest, ManifestBody, ManifestSigner, PackInfo } from './manifest.ts';
import { encodePack } from './pack.ts';
import { removeTails } from './remove-tails.ts';
import { sealObject } from './sealed-object.ts';

/** What is archived: a running ledger, or a log read from its files. */
export type ArchiveSource = Pick<LedgerPort, 'logId' | 'read' | 'entry' | 'checkpoint'>;

/** Settings of {@link ArchiveWriter}. */
export interface ArchiveWriterOptions {
  readonly objects: ObjectPort;
  readonly prefix: string;
  readonly source: ArchiveSource;
  readonly key: ArchiveKey;
  readonly signer: () => ManifestSigner;
  readonly clock: Clock;
  readonly packMaxCount: number;
  readonly packBytes: number;
  /** End of the lock of a batch that is written now; absent: no lock. */
  readonly lockedUntil?: (nowWallMs: number) => number;
  readonly step?: StepHook | undefined;
  /** Told how far a batch is, for progress bars. */
  readonly onProgress?: ((doneCount: number, totalCount: number) => void) | undefined;
}

/** What one run did. */
export interface BatchReport {
  readonly manifest: string;
  readonly kind: BatchKind;
  readonly firstIndex: number;
  readonly endIndex: number;
  readonly packCount: number;
  /** Bytes as stored, and characters of the entries. */
  readonly sizeBytes: number;
  readonly textLength: number;
  readonly savedLength: number;
  /** Tails that the batch made superfluous. */
  readonly removedCount: number;
}

/** Heads that a batch keeps: one each five minutes of a day. */
const MAX_HEADS = 288;

/** Archives one log into one store. One run at a time; two writers on one store only repeat each other. */
export class ArchiveWriter {
  readonly #options: ArchiveWriterOptions;
  readonly #base: string;
  #known: { readonly batchEnd: number; readonly tailEnd: number } | undefined;
  #isKeyThere = false;
  /** End of the newest manifest that this writer wrote. */
  #last: (BatchStart & { readonly endIndex: number }) | undefined;

  constructor(options: ArchiveWriterOptions) {
    this.#options = options;
    this.#base = archiveBase(options.prefix, options.source.logId);
  }

  /** Index after the last entry that a kind covers; tails count on from batches. @throws unavailable */
  async end(kind: BatchKind): Promise<number> {
    this.#known ??= await this.#look();
    return kind === 'batch' ? this.#known.batchEnd : Math.max(this.#known.batchEnd, this.#known.tailEnd);
  }

  /** Index after the last entry that the store holds, as far as this writer knows without asking it. */
  coveredCount(): number {
    return this.#known === undefined ? 0 : Math.max(this.#known.batchEnd, this.#known.tailEnd);
  }

  /** Time of the newest manifest of a kind; undefined: there is none. */
  async newestAtWallMs(kind: BatchKind): Promise<number | undefined> {
    const times = (await this.#ranges(kind)).map(({ storedAtWallMs }) => storedAtWallMs);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /**
   * Writes what the kind does not cover yet, up to a checkpoint made now; undefined when there is nothing.
   * @throws conflict when the store holds another history of this log, storage_failed, unavailable,
   *   verification_failed when what was stored does not come back, not_supported for locks
   */
  async write(kind: BatchKind): Promise<BatchReport | undefined> {
    try {
      const firstIndex = await this.end(kind);
      const start = await this.#previous(firstIndex, kind);
      const checkpoint = await this.#options.source.checkpoint();
      if (checkpoint.size <= firstIndex) return undefined;
      if (!this.#isKeyThere) await putArchiveKey(this.#options.objects, this.#base, this.#options.key);
      this.#isKeyThere = true;
      await this.#step('archive:read');
      const { packs, facts } = await this.#packs({ kind, firstIndex, start, endIndex: checkpoint.size });
      const heads = kind === 'batch' ? await this.#heads(firstIndex, checkpoint.size) : [];
      const body = this.#manifest({ kind, firstIndex, checkpoint, packs, facts, start, heads });
      const manifest = await this.#store(body);
      const removedCount = kind === 'batch' ? await this.#removeTails(body.endIndex) : 0;
      const { endIndex } = body;
      const batchEnd = kind === 'batch' ? endIndex : this.#known!.batchEnd;
      this.#known = { batchEnd, tailEnd: endIndex };
      this.#last = { endIndex, chainHash: body.lastChainHash, peaks: body.endPeaks };
      const sum = (of: (pack: PackInfo) => number): number => packs.reduce((all, pack) => all + of(pack), 0);
      return {
        manifest,
        kind,
        firstIndex,
        endIndex,
        packCount: packs.length,
        sizeBytes: sum((pack) => pack.sizeBytes),
        textLength: sum((pack) => pack.textLength),
        savedLength: sum((pack) => pack.savedLength),
        removedCount,
      };
    } catch (error) {
      // What the store holds is looked at anew: a put whose outcome is unknown may have happened.
      this.#known = undefined;
      this.#last = undefined;
      throw error;
    }
  }

  #ranges(kind: BatchKind): ReturnType<typeof listRanges> {
    return listRanges(this.#options.objects, this.#base, kind);
  }

  async #look(): Promise<{ batchEnd: number; tailEnd: number }> {
    const batchEnd = coveredEnd(coverage(await this.#ranges('batch')));
    const tails = coverage(await this.#ranges('tail'), batchEnd);
    return { batchEnd, tailEnd: coveredEnd(tails) };
  }

  /** Chain and tree before the first entry; what the store holds must be this log's history. */
  async #previous(firstIndex: number, kind: BatchKind): Promise<BatchStart> {
    if (firstIndex === 0) return { chainHash: null, peaks: [] };
    let last: BatchStart | undefined = this.#last?.endIndex === firstIndex ? this.#last : undefined;
    if (!last) {
      const { lastChainHash, endPeaks } = (await this.#lastManifest(firstIndex, kind)).body;
      last = { chainHash: lastChainHash, peaks: endPeaks };
    }
    const entry = await this.#options.source.entry(firstIndex - 1);
    if (entry?.chainHash === last.chainHash) return last;
    const details = {
      index: firstIndex - 1,
      archived: last.chainHash,
      ours: entry?.chainHash ?? null,
      expected: 'an archive of this log; give a log that was cut or made anew another archive.prefix',
    };
    throw new WitanError('conflict', 'the archive holds another history of this log', details);
  }

  async #lastManifest(endIndex: number, kind: BatchKind): Promise<Manifest> {
    for (const one of kind === 'batch' ? (['batch'] as const) : (['tail', 'batch'] as const)) {
      const last = (await this.#ranges(one)).find((range) => range.endIndex === endIndex);
      if (last) return parseManifest(await this.#options.objects.get(last.key), last.key);
    }
    throw new WitanError('unavailable', 'a manifest of the archive is gone', { endIndex });
  }

  async #packs({ kind, firstIndex, endIndex, start }: PackRange): Promise<Packed> {
    const { packMaxCount, packBytes, source, onProgress } = this.#options;
    const packs: PackInfo[] = [];
    const facts = new BatchFacts(firstIndex, start.peaks);
    let entries: string[] = [];
    let length = 0;
    const flush = async (): Promise<void> => {
      const first = firstIndex + facts.count - entries.length;
      packs.push(await this.#pack(kind, first, entries));
      onProgress?.(facts.count, endIndex - firstIndex);
      entries = [];
      length = 0;
    };
    for await (const entry of source.read(firstIndex)) {
      if (entry.index >= endIndex) break;
      facts.add(entry);
      entries.push(entry.canonical);
      length += entry.canonical.length;
      if (entries.length >= packMaxCount || length >= packBytes) await flush();
    }
    if (entries.length > 0) await flush();
    if (firstIndex + facts.count !== endIndex)
      throw new WitanError(
        'verification_failed',
        `the log gives ${facts.count} entries from ${firstIndex}`,
        {},
      );
    return { packs, facts };
  }

  async #pack(kind: BatchKind, firstIndex: number, entries: readonly string[]): Promise<PackInfo> {
    const { source, key: secretKey, objects } = this.#options;
    const pack = await encodePack({ logId: source.logId, firstIndex, entries });
    const { id, bytes } = sealObject(secretKey.secret, pack.bytes);
    const key = packKey(this.#base, kind, id);
    const digest = objectDigest(bytes);
    await this.#step('archive:pack-put');
    await this.#put(key, bytes, kind);
    await this.#step('archive:pack-confirm');
    await confirm(objects, key, digest);
    const { entryCount, partCount, textLength, savedLength } = pack;
    return {
      key,
      digest,
      sizeBytes: bytes.length,
      firstIndex,
      entryCount,
      partCount,
      textLength,
      savedLength,
    };
  }

  #manifest({ kind, firstIndex, checkpoint, packs, facts, start, heads }: ManifestParts): ManifestBody {
    const { size, root, note, chainHash } = checkpoint;
    if (chainHash !== facts.lastChainHash || toHex(facts.range.root()) !== root)
      throw new WitanError('verification_failed', 'the checkpoint is of another history', {
        index: size - 1,
      });
    return {
      format: 'witan-archive/1',
      kind,
      logId: this.#options.source.logId,
      firstIndex,
      endIndex: size,
      firstAt: new Date(facts.firstWallMs).toISOString(),
      lastAt: new Date(facts.lastWallMs).toISOString(),
      createdAt: new Date(this.#options.clock.wallMs()).toISOString(),
      entryCounts: Object.fromEntries(facts.kinds),
      packs: [...packs],
      previousChainHash: start.chainHash,
      startPeaks: [...start.peaks],
      endPeaks: facts.range.peaks.map(toHex),
      firstChainHash: facts.firstChainHash,
      lastChainHash: facts.lastChainHash,
      root,
      checkpoint: note,
      heads: [...heads],
      compression: 'brotli',
      encryption: { cipher: 'aes-256-gcm', keyId: this.#options.key.keyId },
      signedBy: this.#options.signer().keyId,
    };
  }

  /** Signed heads of the tails that a batch takes the place of, thinned out to what a manifest may hold. */
  async #heads(firstIndex: number, endIndex: number): Promise<string[]> {
    const { objects } = this.#options;
    const tails = await this.#ranges('tail');
    const inside = tails.filter((range) => range.endIndex > firstIndex && range.endIndex < endIndex);
    const every = Math.ceil(inside.length / MAX_HEADS);
    const heads: string[] = [];
    for (const { key } of inside.filter((_range, at) => at % every === 0))
      heads.push(parseManifest(await objects.get(key), key).body.checkpoint);
    return heads;
  }

  async #store(body: ManifestBody): Promise<string> {
    const key = manifestKey(this.#base, body);
    const bytes = encodeSigned(body, this.#options.signer());
    await this.#step('archive:manifest-put');
    await this.#put(key, bytes, body.kind);
    await this.#step('archive:manifest-confirm');
    const { root, lastChainHash } = parseManifest(await this.#options.objects.get(key), key).body;
    if (root === body.root && lastChainHash === body.lastChainHash) return key;
    throw new WitanError('conflict', 'the archive holds another history of this log', { key });
  }

  /**
   * Puts what may be there from a run that was cut off: then only its lock is made as long as it
   * should be.
   */
  async #put(key: string, bytes: Uint8Array, kind: BatchKind): Promise<void> {
    const { objects, lockedUntil, clock } = this.#options;
    const until = kind === 'batch' ? lockedUntil?.(clock.wallMs()) : undefined;
    const options: PutOptions = until === undefined ? {} : { retainUntilWallMs: until };
    try {
      await objects.put(key, bytes, options);
    } catch (error) {
      if ((error as WitanError).code !== 'already_exists') throw error;
      const there = await objects.head(key);
      if (until !== undefined && (there?.retainUntilWallMs ?? 0) < until - 86_400_000)
        await objects.retain(key, until);
    }
  }

  /** Tails that end before the batch does are superfluous once it is confirmed. */
  #removeTails(endIndex: number): Promise<number> {
    const { objects, clock, step } = this.#options;
    return removeTails({ objects, base: this.#base, endIndex, nowWallMs: clock.wallMs(), step });
  }

  async #step(name: Parameters<StepHook>[0]): Promise<void> {
    await this.#options.step?.(name);
  }
}

/** Chain and tree of the log before a batch. */
interface BatchStart {
  readonly chainHash: string | null;
  /** 64 hex digits each, largest subtree first. */
  readonly peaks: readonly string[];
}

interface PackRange {
  readonly kind: BatchKind;
  readonly firstIndex: number;
  readonly endIndex: number;
  readonly start: BatchStart;
}

interface Packed {
  readonly packs: readonly PackInfo[];
  readonly facts: BatchFacts;
}

interface ManifestParts extends Packed {
  readonly kind: BatchKind;
  readonly firstIndex: number;
  readonly checkpoint: LedgerCheckpoint;
  readonly start: BatchStart;
  readonly heads: readonly string[];
}

/** What is told of a batch, gathered entry by entry. */
class BatchFacts {
  count = 0;
  firstChainHash = '';
  lastChainHash = '';
  firstWallMs = 0;
  lastWallMs = 0;
  readonly kinds = new Map<string, number>();
  /** The whole log up to and with the last entry. */
  readonly range: CompactRange;
  readonly #firstIndex: number;

  constructor(firstIndex: number, peaks: readonly string[]) {
    this.#firstIndex = firstIndex;
    this.range = CompactRange.resume(sha256, firstIndex, peaks.map(fromHex));
  }

  add({ index, chainHash, leafHash, atWallMs, kind, canonical }: LedgerEntry): void {
    if (index !== this.#firstIndex + this.count)
      throw new WitanError('verification_failed', `the log gives entry ${index} twice or out of order`, {
        index,
      });
    // A ledger that shows readers more than it records must not bring that into the archive.
    const leaf = entryLeafHash(canonical, sha256);
    if (hashText(leaf) !== leafHash)
      throw new WitanError('verification_failed', `the text of entry ${index} is not its record`, { index });
    this.range.append(leaf);
    if (this.count === 0) {
      this.firstChainHash = chainHash;
      this.firstWallMs = atWallMs;
    }
    this.lastChainHash = chainHash;
    this.lastWallMs = atWallMs;
    this.count += 1;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }
}

/** Reads an object back. @throws verification_failed when other bytes come than were put */
export async function confirm(objects: ObjectPort, key: string, digest: string): Promise<void> {
  const bytes = await objects.get(key);
  if (objectDigest(bytes) === digest) return;
  throw new WitanError('verification_failed', `${key} does not come back as it was stored`, { key });
}
