/** A log for benches: in a folder of its own, written by its thread as on a node. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../runtime/kernel/index.ts';
import type { LedgerEntryInput } from '../../runtime/kernel/ports/ledger.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { openSegmentLedger, type SegmentLedger } from '../../runtime/store/segment/segment-ledger.ts';

/** Bytes that a frame has besides the entry's text. */
export const FRAME_BYTES = 64;

/** An open log, and what its syncs were. */
export interface BenchLog {
  readonly ledger: SegmentLedger;
  readonly folder: string;
  /** Entries that one sync made durable, on average since the last call. */
  takeBatchSize(): number;
  /** Closes the log and opens it again. */
  reopen(): Promise<SegmentLedger>;
  /** Closes it and removes its files. */
  end(): Promise<void>;
}

/** Opens an empty log. */
export async function openBenchLog(): Promise<BenchLog> {
  const folder = await mkdtemp(join(tmpdir(), 'witan-bench-'));
  const clock = new SystemClock();
  const keys = new MemoryKeys({ clock });
  let syncs = 0;
  let entries = 0;
  const onSync = (entryCount: number): void => {
    syncs += 1;
    entries += entryCount;
  };
  const open = (): Promise<SegmentLedger> =>
    openSegmentLedger({ folder: join(folder, 'log'), logId: 'bench', keys, clock, onThread: true, onSync });
  let ledger = await open();
  return {
    get ledger() {
      return ledger;
    },
    folder,
    takeBatchSize() {
      const size = entries / Math.max(1, syncs);
      syncs = 0;
      entries = 0;
      return size;
    },
    async reopen() {
      await ledger.close();
      ledger = await open();
      return ledger;
    },
    async end() {
      await ledger.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Input whose entry has a text of `byteLength` bytes, as long as index and time have their usual length. */
export function entryOf(byteLength: number): LedgerEntryInput {
  // What an entry of this kind and tenant has besides the payload's text.
  const text = 'x'.repeat(Math.max(1, byteLength - 205));
  return { kind: 'event', tenant: 'bench', payload: { text } };
}
