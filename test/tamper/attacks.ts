/** What somebody may do to a record, and who notices: the verifier, or a witness. */
import { judgeCheckpoint } from '../../agents/platform/audit/witness/judge-checkpoint.ts';
import { fromHex } from '../../contracts/ledger/bytes.ts';
import { NOTE_KEY_TYPES } from '../../contracts/ledger/tlog/note-key.ts';
import { parseOpenCheckpoint } from '../../contracts/ledger/tlog/open-checkpoint.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import type { LedgerCheckpoint } from '../../runtime/kernel/ports/ledger.ts';
import type { MemoryDisk } from '../../runtime/store/segment/memory-disk.ts';
import {
  FOLDER,
  LOG_ID,
  otherKeys,
  pinned,
  RECORDED,
  verified,
  withHead,
  writtenLog,
  type ForgedLog,
} from './forged-logs.ts';

/** Who noticed, and what was said. */
export interface Detection {
  /** Null: nobody did. */
  readonly by: 'verifier' | 'witness' | null;
  readonly words: string;
}

/** One way to tamper. */
export interface Attack {
  readonly name: string;
  /** What the attacker has: the files, or the node's key as well. */
  readonly has: 'files' | 'files and key';
  run(): Promise<Detection>;
}

const honest: Promise<ForgedLog> = writtenLog(RECORDED);
const edited = RECORDED.map((text, at) => (at === 17 ? text.replace('rejected', 'approved') : text));

/** All of them, in the order in which they are told. */
export const ATTACKS: readonly Attack[] = [
  { name: 'edit one byte of a record', has: 'files', run: () => byteChanged() },
  { name: 'edit a record, all hashes made anew', has: 'files', run: () => underHead(edited) },
  { name: 'delete a record', has: 'files', run: () => underHead(RECORDED.filter((_, at) => at !== 17)) },
  {
    name: 'insert a record',
    has: 'files',
    run: () => underHead(RECORDED.toSpliced(17, 0, 'decision: approved')),
  },
  { name: 'reorder two records', has: 'files', run: () => underHead(swapped()) },
  { name: 'truncate the log', has: 'files', run: () => underHead(RECORDED.slice(0, 30)) },
  { name: 'recompute all of it with another key', has: 'files', run: () => withOtherKey() },
  { name: 'truncate the log and sign the shorter one', has: 'files and key', run: () => rolledBack() },
  { name: 'fork: two views of the same size', has: 'files and key', run: () => forked(edited) },
  {
    name: 'fork: another history that has grown',
    has: 'files and key',
    run: () => forked([...edited, 'more']),
  },
];

async function byteChanged(): Promise<Detection> {
  const disk = (await honest).disk.copy();
  const path = `${FOLDER}/0000000000.seg`;
  const at = Buffer.from(disk.bytes(path)).indexOf('decision 17: rejected');
  disk.tamper(path, (bytes) => void (bytes[at + 13] = 0x52));
  return byVerifier(disk);
}

/** Forged records under the honest head, whose signature holds. */
async function underHead(records: readonly string[]): Promise<Detection> {
  return byVerifier(withHead(await writtenLog(records), (await honest).checkpoint));
}

function swapped(): string[] {
  const records = [...RECORDED];
  [records[17], records[18]] = [records[18]!, records[17]!];
  return records;
}

async function withOtherKey(): Promise<Detection> {
  return byVerifier((await writtenLog(edited, otherKeys)).disk);
}

async function byVerifier(disk: MemoryDisk): Promise<Detection> {
  const { ok, mismatch, broken } = await verified(disk);
  if (ok) return { by: null, words: 'everything holds' };
  const { field, expected, actual } = mismatch!;
  const place = broken ? `, segment ${broken.segment}, offset ${broken.offset}` : '';
  return { by: 'verifier', words: `${field}${place}: expected ${expected}, found ${actual}` };
}

/** A shorter log is whole in itself: only who saw the longer one can tell. */
async function rolledBack(): Promise<Detection> {
  const shorter = await writtenLog(RECORDED.slice(0, 30));
  return byWitness(shorter, { oldSize: 30, proof: [] });
}

async function forked(records: readonly string[]): Promise<Detection> {
  const other = await writtenLog(records);
  const from = (await honest).checkpoint.size;
  const proof = await other.ledger.consistency(from, other.checkpoint.size);
  return byWitness(other, { oldSize: from, proof });
}

/** What a witness answers that had vouched for the honest head. */
async function byWitness(
  { checkpoint }: ForgedLog,
  { oldSize, proof }: { readonly oldSize: number; readonly proof: readonly string[] },
): Promise<Detection> {
  const seen: LedgerCheckpoint = (await honest).checkpoint;
  const known = { origin: LOG_ID, size: seen.size, root: seen.root, note: seen.note };
  const key = { name: LOG_ID, type: NOTE_KEY_TYPES.ed25519, publicKey: pinned.publicKey };
  const { note } = checkpoint;
  const request = { oldSize, proof: proof.map(fromHex), checkpoint: parseOpenCheckpoint(note), note };
  const judgement = judgeCheckpoint(request, { keys: [key], known }, { sha256, verifyEd25519 });
  if (judgement.kind === 'vouch') return { by: null, words: 'the witness vouches for it' };
  const evidence = judgement.fork ? `, kept as evidence of a fork (${judgement.fork})` : '';
  return { by: 'witness', words: `refused with ${judgement.status}: ${judgement.reason}${evidence}` };
}
