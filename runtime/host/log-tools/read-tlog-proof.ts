/** Transparent proofs from the log's files alone: no node runs, nothing is changed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { fromHex, toHex } from '../../../contracts/ledger/bytes.ts';
import { leafHashOf, verifyInclusion } from '../../../contracts/ledger/tree/merkle.ts';
import { MerkleTree } from '../../../contracts/ledger/tree/merkle-tree.ts';
import { parseOpenCheckpoint, type OpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import { formatTlogProof } from '../../../contracts/ledger/tlog/tlog-proof.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { TlogProofView } from '../../../contracts/messages/audit/log-report.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { readManifest } from '../../store/segment/open-log.ts';
import { scanLog } from '../../store/segment/scan.ts';
import { CHECKPOINT_FILE } from '../../store/segment/sealer.ts';
import { PUBLISHED_FILE } from '../../store/witness/file-witness-store.ts';
import { logFolderIn } from '../record/read-log-folder.ts';

/**
 * Proof of an entry by its index, or of the verdict of a decision: under the checkpoint with the cosignatures
 * of witnesses where that covers it, else under the newest signed one.
 * @throws not_found, verification_failed when the log breaks off before the checkpoint
 */
export async function readTlogProofFromFolder(
  folder: string,
  of: DecisionId | number,
): Promise<TlogProofView> {
  const place = logFolderIn(folder);
  const manifest = await readManifest({ fs: nodeFileSystem, folder: place });
  if (!manifest)
    throw new WitanError('not_found', `${folder} holds no log`, { expected: 'a data folder, or its log' });
  const tree = new MerkleTree(sha256);
  let found: { readonly index: number; readonly entry: string } | undefined;
  for await (const { header, frame, leafHash } of scanLog(nodeFileSystem, place, manifest.logId)) {
    tree.append(leafHash);
    const isIt = typeof of === 'number' ? header.index === of : isVerdictOf(header, of);
    if (isIt) found ??= { index: header.index, entry: frame.text.toString('utf8') };
  }
  if (!found) throw new WitanError('not_found', `the log has no entry ${of}`, { size: tree.size });
  const { note, checkpoint } = await checkpointOver(found.index, { folder, place, size: tree.size });
  const path = tree.inclusionProof(found.index, checkpoint.size);
  checkRoot(found, { checkpoint, path });
  return { ...found, proof: formatTlogProof({ extra: null, index: found.index, path, note }) };
}

function isVerdictOf(header: { kind: string; decisionId?: string | undefined }, id: DecisionId): boolean {
  return header.kind === 'final' && header.decisionId === id;
}

async function checkpointOver(
  index: number,
  { folder, place, size }: { readonly folder: string; readonly place: string; readonly size: number },
): Promise<{ readonly note: string; readonly checkpoint: OpenCheckpoint }> {
  for (const file of [join(folder, 'witness', PUBLISHED_FILE), join(place, CHECKPOINT_FILE)]) {
    const note = await readFile(file, 'utf8').catch(() => '');
    if (note === '') continue;
    const checkpoint = parseOpenCheckpoint(note);
    if (checkpoint.size > index && checkpoint.size <= size) return { note, checkpoint };
  }
  const details = { path: CHECKPOINT_FILE, expected: `a signed checkpoint over entry ${index}` };
  throw new WitanError('verification_failed', `entry ${index} is under no signed checkpoint`, details);
}

/** A proof that does not hold is not given out: the log is damaged, and `fsck` says where. */
function checkRoot(
  { index, entry }: { readonly index: number; readonly entry: string },
  { checkpoint, path }: { readonly checkpoint: OpenCheckpoint; readonly path: readonly Uint8Array[] },
): void {
  const { size, root } = checkpoint;
  const leafHash = leafHashOf(Buffer.from(entry, 'utf8'), sha256);
  if (verifyInclusion({ index, size, leafHash, root: fromHex(root), path }, sha256)) return;
  const details = { path: 'checkpoint.root', expected: root, actual: toHex(leafHash) };
  throw new WitanError(
    'verification_failed',
    'the log is not the one that its checkpoint speaks of',
    details,
  );
}
