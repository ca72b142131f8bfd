/** Logs as somebody would forge them: every file whole, every hash right, only not what was recorded. */
import type { LogKey } from '../../contracts/ledger/checkpoint.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import type { KeysPort } from '../../runtime/kernel/ports/keys.ts';
import type { LedgerCheckpoint, LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { CHECKPOINT_PURPOSE } from '../../runtime/store/ledger/log-signer.ts';
import { MemoryDisk } from '../../runtime/store/segment/memory-disk.ts';
import { openSegmentLedger } from '../../runtime/store/segment/segment-ledger.ts';
import { verifyLog, type LogVerification } from '../../runtime/store/segment/verify-log.ts';

/** Name of the log, as its checkpoints and its forgeries have it. */
export const LOG_ID = 'witan/tamper';
/** Where it lies. */
export const FOLDER = '/log';

const clock = new SimClock();
/** The node's keys: an outsider has not got them, the operator of the node has. */
export const ownKeys = new MemoryKeys({ clock, seed: 'the node' });
/** Keys that somebody made for a log of the same name. */
export const otherKeys = new MemoryKeys({ clock, seed: 'somebody else' });

/** Key that readers pinned. */
export const pinned: LogKey = {
  logId: LOG_ID,
  publicKey: ownKeys.active(CHECKPOINT_PURPOSE).publicKey,
};

/** What was recorded. */
export const RECORDED: readonly string[] = Array.from({ length: 40 }, (_, at) => `decision ${at}: rejected`);

/** A log on a disk, and what it says of itself. */
export interface ForgedLog {
  readonly disk: MemoryDisk;
  readonly checkpoint: LedgerCheckpoint;
  /** Reads of it; closed for writing. */
  readonly ledger: LedgerPort;
}

/** Writes a log of these records, signed with `keys`. */
export async function writtenLog(records: readonly string[], keys: KeysPort = ownKeys): Promise<ForgedLog> {
  const disk = new MemoryDisk();
  const options = { folder: FOLDER, logId: LOG_ID, segmentBytes: 65_536, clock, keys, fs: disk };
  const ledger = await openSegmentLedger(options);
  for (const text of records) await ledger.append({ kind: 'event', tenant: 'acme', payload: { text } });
  const checkpoint = await ledger.checkpoint();
  await ledger.close();
  return { disk, checkpoint, ledger };
}

/** Puts the honest signed head beside forged records: the signature then holds. */
export function withHead(forged: ForgedLog, { note }: LedgerCheckpoint): MemoryDisk {
  const disk = forged.disk.copy();
  void disk.replaceText(`${FOLDER}/checkpoint`, note, { durable: true });
  return disk;
}

/** What a verifier with the pinned key says of it. */
export function verified(disk: MemoryDisk): Promise<LogVerification> {
  return verifyLog(FOLDER, [pinned], disk);
}
