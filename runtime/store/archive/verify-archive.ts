/**
 * Checks an archive from its objects alone: every entry, the chain, the tree, signed heads, signed
 * manifests.
 */
import { fromHex, toHex } from '../../../contracts/ledger/bytes.ts';
import { keyHash, parseCheckpointText, parseNote, verifyNote } from '../../../contracts/ledger/checkpoint.ts';
import { hashText } from '../../../contracts/ledger/leaf.ts';
import type { LogKey } from '../../../contracts/ledger/checkpoint.ts';
import { CompactRange } from '../../../contracts/ledger/tree/compact-range.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import type { LedgerCheckpoint } from '../../kernel/ports/ledger.ts';
import { ArchiveDamaged, archivedLogs, archivedRanges, readArchive } from './archive-reader.ts';
import type { ArchivedEntry, ArchiveDamage, ArchivePlace } from './archive-reader.ts';
import { coveredEnd } from './archive-names.ts';
import { isSignedBy, RecordedSigners } from './archive-signature.ts';
import type { Manifest } from './manifest.ts';

/** What {@link verifyArchive} is given. */
export interface VerifyArchiveOptions extends ArchivePlace {
  /** Key that the reader pinned for the log; an empty `logId` takes the only log that the archive holds. */
  readonly pinned: PinnedKey;
  /** Secret of the archive; 32 bytes. */
  readonly secret: Uint8Array | ((keyId: string) => Uint8Array);
  /** Given each entry that fits, before the next is read. */
  readonly onEntry?: (entry: ArchivedEntry) => void | Promise<void>;
  /** Given each signed head that fits the entries, in order of size. */
  readonly onHead?: (head: LedgerCheckpoint) => void;
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
}

/** What was found. */
export interface ArchiveVerification {
  readonly ok: boolean;
  readonly logId: string;
  /** First entry that the archive holds: above 0 once earlier ones are past their retention. */
  readonly firstIndex: number;
  /** Index after the last entry that was read and fits. */
  readonly size: number;
  readonly manifestCount: number;
  /** First thing that is wrong. */
  readonly damage: ArchiveDamage | null;
  /** Newest signed head that fits the entries; null when none does. */
  readonly checkpoint: LedgerCheckpoint | null;
}

/**
 * Verifies an archive; never throws for what is wrong with it.
 *
 * Manifests are signed by keys that stand on the record itself: that is why they are checked after all
 * entries.
 * @throws not_found when the archive holds no such log, unavailable when the store does not answer
 */
export async function verifyArchive(options: VerifyArchiveOptions): Promise<ArchiveVerification> {
  const logId = await logOf(options);
  const { objects, prefix, secret, onEntry, onProgress } = options;
  const ranges = await archivedRanges({ objects, prefix }, logId);
  const totalCount = coveredEnd(ranges);
  const check = new ArchiveCheck(logId, options.pinned, options.onHead);
  const onBegin = (manifest: Manifest, key: string): void => check.begin(manifest, key);
  const onManifest = (manifest: Manifest, key: string): void => check.manifest(manifest, key);
  let damage: ArchiveDamage | null = null;
  try {
    for await (const entry of readArchive({ objects, prefix, logId, secret, ranges, onBegin, onManifest })) {
      check.entry(entry);
      await onEntry?.(entry);
      if (entry.index % 1_000 === 0) onProgress?.(entry.index, totalCount);
    }
    onProgress?.(totalCount, totalCount);
    check.signatures();
  } catch (error) {
    if (!(error instanceof ArchiveDamaged)) throw toWitanError(error);
    damage = error.damage;
  }
  const { size, manifestCount, checkpoint } = check;
  const { firstIndex = 0 } = ranges[0] ?? {};
  return { ok: damage === null, logId, firstIndex, size, manifestCount, damage, checkpoint };
}

async function logOf({ objects, prefix, pinned }: VerifyArchiveOptions): Promise<string> {
  if (pinned.logId !== '') return pinned.logId;
  const logs = await archivedLogs({ objects, prefix });
  if (logs.length === 1) return logs[0]!;
  const expected =
    logs.length === 0 ? `manifests under ${prefix}/` : `a key that names one of ${logs.join(', ')}`;
  throw new WitanError('not_found', `the archive holds ${logs.length} logs`, { path: '--key', expected });
}

/** Gathers while entries are read; says at each manifest whether it fits them. */
class ArchiveCheck {
  manifestCount = 0;
  checkpoint: LedgerCheckpoint | null = null;
  readonly #logId: string;
  readonly #pinned: readonly LogKey[];
  #range = new CompactRange(sha256);
  #isPartial = false;
  readonly #manifests: { readonly manifest: Manifest; readonly key: string }[] = [];
  readonly #signers = new RecordedSigners();
  readonly #unique = new Set<string>();

  /** Signed heads inside the batch that is read, by their size. */
  #heads = new Map<number, { readonly note: string; readonly key: string }>();
  readonly #onHead: VerifyArchiveOptions['onHead'];

  constructor(logId: string, pinned: PinnedKey, onHead: VerifyArchiveOptions['onHead']) {
    this.#logId = logId;
    this.#onHead = onHead;
    this.#pinned = pinned.publicKeys.map((key) => ({ logId, publicKey: fromHex(key) }));
  }

  get size(): number {
    return this.#range.size;
  }

  entry({ entry, leafHash, index, chain }: ArchivedEntry): void {
    const { kind, decisionId, payload } = entry;
    if (kind === 'opened' || kind === 'final') {
      const name = `${kind[0]}${decisionId}`;
      if (this.#unique.has(name)) throw wrong(`entry ${index}`, `a second ${kind} of ${decisionId}`, index);
      this.#unique.add(name);
    }
    if (kind === 'key') this.#signers.add(payload);
    this.#range.append(leafHash);
    const head = this.#heads.get(this.#range.size);
    if (head) this.#headFits(head.note, { key: head.key, chainHash: hashText(chain) });
  }

  begin({ body }: Manifest, key: string): void {
    if (this.manifestCount === 0 && this.size === 0 && body.firstIndex > 0) {
      // A wrong tree would not give the root that was signed after it.
      this.#range = CompactRange.resume(sha256, body.firstIndex, body.startPeaks.map(fromHex));
      this.#isPartial = true;
    }
    const heads = body.heads.map(
      (note) => [parseCheckpointText(parseNote(note).text).size, { note, key }] as const,
    );
    this.#heads = new Map(heads);
  }

  manifest(manifest: Manifest, key: string): void {
    const { body } = manifest;
    const root = toHex(this.#range.root());
    if (root !== body.root) throw wrong(key, 'the entries give another root than the manifest names', null);
    this.#headFits(body.checkpoint, { key, chainHash: body.lastChainHash });
    this.#manifests.push({ manifest, key });
    this.manifestCount += 1;
  }

  #headFits(text: string, { key, chainHash }: { readonly key: string; readonly chainHash: string }): void {
    const note = parseNote(text);
    const head = parseCheckpointText(note.text);
    const root = toHex(this.#range.root());
    const fits = head.logId === this.#logId && head.size === this.#range.size && head.root === root;
    if (!fits || head.chainHash !== chainHash)
      throw wrong(key, 'the signed checkpoint is of other entries', null);
    if (!this.#pinned.some((one) => verifyNote(note, one, { sha256, verifyEd25519 }))) {
      const names = this.#pinned.map((one) => `${one.logId}+${toHex(keyHash(one, sha256))}`).join(' or ');
      throw wrong(key, `the checkpoint is not signed by ${names}`, null);
    }
    this.checkpoint = { ...head, note: text };
    this.#onHead?.(this.checkpoint);
  }

  /** Every manifest by a key of the record that was not revoked. */
  signatures(): void {
    for (const { manifest, key } of this.#manifests) {
      const { signedBy } = manifest.body;
      const publicKey = this.#signers.publicKey(signedBy);
      // Its key may stand in the part that is past its retention; the signed heads hold all the same.
      if (publicKey === undefined && this.#isPartial) continue;
      if (publicKey === undefined)
        throw wrong(key, `${signedBy}, which signed it, is not on the record`, null);
      if (publicKey === null) throw wrong(key, `${signedBy}, which signed it, was revoked`, null);
      if (!isSignedBy(manifest, publicKey))
        throw wrong(key, `the signature by ${signedBy} does not verify`, null);
    }
  }
}

function wrong(object: string, reason: string, index: number | null): ArchiveDamaged {
  return new ArchiveDamaged({ object, offset: null, index, reason });
}
