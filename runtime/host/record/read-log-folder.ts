/** Reads and checks a log from its files alone: no node, no database, nothing is changed. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { fromHex, toHex } from '../../../contracts/ledger/bytes.ts';
import { parseCheckpointText, parseNote } from '../../../contracts/ledger/checkpoint.ts';
import { hashText, parseEntry } from '../../../contracts/ledger/leaf.ts';
import type { StoredEntry } from '../../../contracts/ledger/leaf.ts';
import { MerkleTree } from '../../../contracts/ledger/tree/merkle-tree.ts';
import type { DecisionProof, PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { ErasureEntry } from '../../../contracts/messages/privacy/erasure.ts';
import { SealedOpened } from '../../../contracts/messages/privacy/sealed-record.ts';
import type { ProofKey, RecordProof } from '../../../contracts/messages/proof.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { readManifest } from '../../store/segment/open-log.ts';
import { scanLog } from '../../store/segment/scan.ts';
import { CHECKPOINT_FILE } from '../../store/segment/sealer.ts';
import { verifyLog } from '../../store/segment/verify-log.ts';
import type { LogVerification } from '../../store/segment/verify-log.ts';
import { keyPayloadOf, proofKeyIn } from './record-keys.ts';

/** The log inside a data folder, or the folder itself when it is a log. */
export function logFolderIn(folder: string): string {
  const inside = join(folder, 'log');
  return existsSync(join(inside, 'log.json')) ? inside : folder;
}

/**
 * Checks every record of the log, its chain, tree and signed head. O(log); the log may be open for writing.
 * @throws not_found when there is no log
 */
export async function verifyLogFolder(folder: string, pinned: PinnedKey): Promise<LogVerification> {
  const place = logFolderIn(folder);
  // A bare key pins whatever log it signed: then the log's own name is taken.
  const logId =
    pinned.logId === ''
      ? ((await readManifest({ fs: nodeFileSystem, folder: place }))?.logId ?? '')
      : pinned.logId;
  return verifyLog(
    place,
    pinned.publicKeys.map((key) => ({ logId, publicKey: fromHex(key) })),
  );
}

/** One record as it stands in the files. */
interface FileRecord {
  readonly entry: StoredEntry;
  readonly canonical: string;
  readonly leafHash: string;
  readonly chainHash: string;
}

/**
 * Builds the proof of a decision from the log's files, under its newest signed checkpoint.
 * @throws not_found for an unknown or open decision, verification_failed when the log breaks off before the
 *   checkpoint, or the checkpoint does not cover the records yet
 */
export async function readProofFromFolder(folder: string, decisionId: DecisionId): Promise<DecisionProof> {
  const place = logFolderIn(folder);
  const manifest = await readManifest({ fs: nodeFileSystem, folder: place });
  if (!manifest)
    throw new WitanError('not_found', `${folder} holds no log`, { expected: 'a data folder, or its log' });
  const note = await readFile(join(place, CHECKPOINT_FILE), 'utf8').catch(() => '');
  if (note === '')
    throw new WitanError('verification_failed', 'the log has no signed checkpoint', {
      path: CHECKPOINT_FILE,
    });
  const head = parseCheckpointText(parseNote(note).text);
  const { tree, records, tombstones, keys } = await readRecords(place, manifest.logId, decisionId);
  if (tree.size < head.size) {
    const details = { path: `record ${tree.size}`, expected: `${head.size} whole records` };
    throw new WitanError('verification_failed', `record ${tree.size} is missing or damaged`, details);
  }
  const prove = (record: FileRecord): RecordProof => {
    const { index } = record.entry;
    if (index >= head.size) {
      const details = { path: `record ${index}`, expected: `a checkpoint of more than ${head.size} records` };
      throw new WitanError(
        'verification_failed',
        `record ${index} is not under a signed checkpoint yet`,
        details,
      );
    }
    return {
      format: 'witan-proof/1',
      logId: manifest.logId,
      index,
      canonical: record.canonical,
      leafHash: record.leafHash,
      chainHash: record.chainHash,
      inclusion: tree.inclusionProof(index, head.size).map(toHex),
      checkpoint: { ...head, note },
      keys,
    };
  };
  const opened = records.find(({ entry }) => entry.kind === 'opened');
  const final = records.find(({ entry }) => entry.kind === 'final');
  if (!opened || !final) {
    const what = opened ? 'is still open' : 'is not in the log';
    throw new WitanError('not_found', `the decision ${decisionId} ${what}`, { expected: 'a decided one' });
  }
  const resolutions = records.filter(({ entry }) => entry.kind === 'resolution');
  const erasure = tombstones.find(({ entry }) => isErasureOf(entry, opened.entry));
  return {
    format: 'witan-decision-proof/1',
    opened: prove(opened),
    final: prove(final),
    resolutions: resolutions.map(prove),
    ...(erasure && { erasure: prove(erasure) }),
  };
}

async function readRecords(
  folder: string,
  logId: string,
  decisionId: DecisionId,
): Promise<{ tree: MerkleTree; records: FileRecord[]; tombstones: FileRecord[]; keys: ProofKey[] }> {
  const tree = new MerkleTree(sha256);
  const records: FileRecord[] = [];
  const tombstones: FileRecord[] = [];
  const keys = new Map<string, ProofKey>();
  for await (const { header, frame, leafHash } of scanLog(nodeFileSystem, folder, logId)) {
    tree.append(Buffer.from(leafHash));
    const isOwn = header.decisionId === decisionId;
    const mayErase = header.kind === 'event' && frame.text.includes('"witan-erasure/1"');
    if (!isOwn && !mayErase && header.kind !== 'key') continue;
    const canonical = frame.text.toString('utf8');
    const entry = parseEntry(canonical);
    const record = { entry, canonical, leafHash: hashText(leafHash), chainHash: hashText(frame.chain) };
    if (isOwn) records.push(record);
    else if (mayErase) tombstones.push(record);
    const key = keyPayloadOf(entry);
    if (key) keys.set(key.keyId, proofKeyIn(key));
  }
  return { tree, records, tombstones, keys: [...keys.values()] };
}

/** Whether an entry certifies that a key is gone without which the request does not open. */
function isErasureOf({ payload }: StoredEntry, opened: StoredEntry): boolean {
  const erasure = ErasureEntry.safeParse(payload).data;
  const sealed = SealedOpened.safeParse(opened.payload).data?.sealed;
  return sealed?.keyId.split('+').some((one) => erasure?.certificate.body.keyIds.includes(one)) === true;
}
