/** `witan fsck`: a whole log checked again from its bytes. Changes nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { parseOpenCheckpoint, type OpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { HeadFile } from '../../store/segment/head-file.ts';
import { readManifest } from '../../store/segment/open-log.ts';
import { listSegments, segmentPath } from '../../store/segment/segment-file.ts';
import { verifyLog, type LogVerification } from '../../store/segment/verify-log.ts';
import { PUBLISHED_FILE } from '../../store/witness/file-witness-store.ts';
import { logFolderIn } from '../record/read-log-folder.ts';
import { checkRules } from './check-rules.ts';
import { findDamage } from './find-damage.ts';
import { damageOf, type LogDamage } from './log-damage.ts';
import { watchedReads } from './watched-reads.ts';

/** What is checked, and how far. */
export interface LogCheckOptions {
  /** Keys that the reader trusts to sign this log. */
  readonly pinned: PinnedKey;
  /** Also every ballot's and verdict's signature, and every tally. */
  readonly isDeep?: boolean;
  /** Told of the share of the work that is done, in [0, 1]. */
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was found. */
export interface LogCheck {
  readonly ok: boolean;
  readonly logId: string;
  /** Entries that hold, from the first on. */
  readonly size: number;
  /** Entries that the signed checkpoint covers. */
  readonly checkpointSize: number;
  /** An unfinished write follows the last entry: normal after a crash, or while the log is written. */
  readonly hasTornTail: boolean;
  /** What held, in order. */
  readonly checked: readonly string[];
  readonly damages: readonly LogDamage[];
  /** Decisions that end in the log. */
  readonly decisionCount: number;
  /** Ballots whose signatures were checked; 0 unless deep. */
  readonly ballotCount: number;
}

/**
 * Checks the log in a data folder, or in the folder of the log itself; it may be open for writing.
 *
 * Every frame, the chain, the tree, the sealed head, the signed checkpoint under the pinned keys, and the
 * order of each decision's entries. A broken log is walked to its end, so that each damage is named.
 * @throws not_found when the folder holds no log, cancelled
 */
export async function checkLogFolder(folder: string, options: LogCheckOptions): Promise<LogCheck> {
  const place = logFolderIn(folder);
  const manifest = await readManifest({ fs: nodeFileSystem, folder: place });
  if (!manifest) throw new WitanError('not_found', `${folder} holds no log`, { path: folder });
  const { logId } = manifest;
  // Each entry is read twice: by the verifier, then for the rules or for the rest of the damages.
  const totalBytes = 2 * (await bytesOf(place));
  const fs = watchedReads(nodeFileSystem, {
    onRead: (bytes) => options.onProgress?.(Math.min(1, bytes / Math.max(1, totalBytes))),
    signal: options.signal,
  });
  const published = await publishedIn(folder);
  const verified = await verifyLog(place, pinnedFor(options.pinned, logId), fs);
  const { size, checkpointSize, hasTornTail } = verified;
  const summary = { logId, size, checkpointSize, hasTornTail, checked: verified.checked };
  if (verified.broken) {
    const knownSize = Math.max(checkpointSize, await headSize(place));
    const damages = await findDamage(fs, place, { logId, knownSize });
    return { ...summary, ok: false, damages, decisionCount: 0, ballotCount: 0 };
  }
  const rules = await checkRules(fs, place, { logId, isDeep: options.isDeep === true, published });
  const damages = [...headDamage(verified), ...rules.damages];
  const checked = [
    ...verified.checked,
    'order of entries',
    ...(options.isDeep ? ['ballots', 'tallies'] : []),
  ];
  const counts = { decisionCount: rules.decisionCount, ballotCount: rules.ballotCount };
  return { ...summary, ...counts, ok: damages.length === 0, damages, checked };
}

/** What is wrong with the head, where all entries hold. */
function headDamage({ ok, mismatch }: LogVerification): LogDamage[] {
  if (ok || !mismatch) return [];
  const { check, field } = mismatch;
  const of = check === 'chain' || check === 'sealed-head' ? 'root' : check;
  return [damageOf({ field, segment: null, offset: null, index: null, decisionId: null }, of)];
}

function pinnedFor(pinned: PinnedKey, logId: string): { logId: string; publicKey: Uint8Array }[] {
  const name = pinned.logId === '' ? logId : pinned.logId;
  return pinned.publicKeys.map((key) => ({ logId: name, publicKey: fromHex(key) }));
}

async function publishedIn(folder: string): Promise<OpenCheckpoint | undefined> {
  const note = await readFile(join(folder, 'witness', PUBLISHED_FILE), 'utf8').catch(() => '');
  return note === '' ? undefined : parseOpenCheckpoint(note);
}

async function headSize(place: string): Promise<number> {
  const head = await HeadFile.read(nodeFileSystem, place).catch(() => undefined);
  return head?.size ?? 0;
}

async function bytesOf(place: string): Promise<number> {
  let total = 0;
  for (const number of await listSegments(nodeFileSystem, place)) {
    const file = await nodeFileSystem.open(segmentPath(place, number), 'read');
    total += await file.sizeBytes();
    await file.close();
  }
  return total;
}
