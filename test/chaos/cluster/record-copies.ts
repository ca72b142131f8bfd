/** The record as each node's disk has it after the end, checked by the public verifier. */
import { join } from 'node:path';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { hashText, parseEntry } from '../../../contracts/ledger/leaf.ts';
import { CompactRange } from '../../../contracts/ledger/tree/compact-range.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import type { VerdictBody } from '../../../contracts/messages/verdict.ts';
import { checkLogFolder } from '../../../runtime/host/log-tools/check-log-folder.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { nodeFileSystem } from '../../../runtime/store/segment/file-system.ts';
import { readManifest } from '../../../runtime/store/segment/open-log.ts';
import { scanLog } from '../../../runtime/store/segment/scan.ts';
import type { CopiedEntry, RecordCopy } from './history.ts';

/**
 * Reads a copy; `sizes` are those at which roots are wanted, `isDeep` checks each ballot and verdict too. The
 * node must have ended.
 */
export async function readCopy(
  place: { readonly node: string; readonly dataDir: string; readonly isDeep: boolean },
  { sizes, pinned }: { readonly sizes: ReadonlySet<number>; readonly pinned: PinnedKey },
): Promise<RecordCopy> {
  const { node, dataDir, isDeep } = place;
  const folder = join(dataDir, 'log');
  const manifest = await readManifest({ fs: nodeFileSystem, folder });
  if (!manifest) return { node, entries: [], roots: new Map(), damages: ['there is no log'] };
  const range = new CompactRange(sha256);
  const roots = new Map<number, string>();
  const entries: CopiedEntry[] = [];
  for await (const { frame, header, leafHash } of scanLog(nodeFileSystem, folder, manifest.logId)) {
    const { kind, decisionId = null } = header;
    const verdict = kind === 'final' ? verdictIn(frame.text.toString('utf8')) : NO_VERDICT;
    entries.push({ kind, decisionId, leafHash: hashText(leafHash), ...verdict });
    range.append(Uint8Array.from(leafHash));
    if (sizes.has(range.size)) roots.set(range.size, toHex(range.root()));
  }
  const checked = await checkLogFolder(dataDir, { pinned, isDeep });
  const damages = checked.damages.map((damage) => JSON.stringify(damage));
  return { node, entries, roots, damages };
}

const NO_VERDICT = { outcome: null, heldReason: null };

function verdictIn(canonical: string): Pick<CopiedEntry, 'outcome' | 'heldReason'> {
  const { body } = parseEntry(canonical).payload as { body: Pick<VerdictBody, 'outcome' | 'heldReason'> };
  return { outcome: body.outcome, heldReason: body.heldReason };
}
