/** A twin of what a node keeps in memory for each entry that it ever recorded; its growth is no leak. */
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { nodeFileSystem } from '../../runtime/store/segment/file-system.ts';
import { LogState } from '../../runtime/store/segment/log-state.ts';
import { collectedHeapBytes } from './look.ts';

/**
 * Most heap that one recorded decision may take; what is beyond it counts as a leak. It takes about 150 B; a
 * run of a few thousand decisions is measured to 100 B.
 */
export const RECORD_MAX_BYTES_PER_DECISION = 400;
const ENTRIES_PER_SEGMENT = 1_000;

/** Memory of a record over a run. */
export interface RecordCourse {
  /** Heap at each of the counts asked for. */
  readonly bytes: readonly number[];
  /** Decisions at the last of them. */
  readonly decisionCount: number;
}

/**
 * Heap that the record of a log takes when it has `entryCounts[i]` entries: the same structures are filled
 * with the same entries a second time, beside a node that rests. Counts must not fall.
 */
export async function recordCourse(
  ledger: Pick<LedgerPort, 'read' | 'logId'>,
  entryCounts: readonly number[],
): Promise<RecordCourse> {
  const twin = new LogState({ fs: nodeFileSystem, folder: '' }, ledger.logId);
  const leafHash = new Uint8Array(32);
  const emptyBytes = await collectedHeapBytes();
  const bytes: number[] = [];
  let decisionCount = 0;
  for (const count of entryCounts) {
    for await (const { index, decisionId, kind } of ledger.read(twin.size)) {
      if (twin.size >= count) break;
      if (kind === 'opened') decisionCount += 1;
      const segment = 1 + Math.floor(index / ENTRIES_PER_SEGMENT);
      twin.add({ decisionId, kind, leafHash, segment, offset: 0, byteLength: 4_096 });
    }
    bytes.push((await collectedHeapBytes()) - emptyBytes);
  }
  return { bytes, decisionCount };
}
