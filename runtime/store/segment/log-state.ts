/** What a running log knows of its durable entries; grows only when a batch is on the disk. */
import { DecisionIndex } from '../ledger/decision-index.ts';
import type { LogColumns } from './columns/log-columns.ts';
import { decisionIn, kindIn, ROW_BYTES } from './core/entry-row.ts';
import type { TileHash } from './core/peaks.ts';
import type { LogFileSystem } from './file-system.ts';

/** Files of one log. */
export interface LogFiles {
  readonly fs: LogFileSystem;
  readonly folder: string;
}

/** Entries that have become durable: 32 bytes of each in `leaves` and `rows`. */
export interface DurableEntries {
  readonly leaves: Uint8Array;
  readonly rows: Uint8Array;
  /** Hashes of higher tiles that they completed. */
  readonly completed: readonly TileHash[];
}

/** Columns and decisions of the durable entries. */
export class LogState {
  readonly decisions = new DecisionIndex();
  readonly columns: LogColumns;

  constructor(columns: LogColumns) {
    this.columns = columns;
  }

  /** Entries that are durable. */
  get size(): number {
    return this.columns.size;
  }

  /** Takes up the next entries. */
  add({ leaves, rows, completed }: DurableEntries): void {
    this.index(rows, this.columns.size);
    this.columns.append(leaves, rows, completed);
  }

  /** Notes the decisions of entries that the columns already hold. */
  index(rows: Uint8Array, firstIndex: number): void {
    const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.length);
    for (let at = 0; at < bytes.length; at += ROW_BYTES) {
      const decisionId = decisionIn(bytes, at);
      if (decisionId !== undefined) {
        this.decisions.add(decisionId, kindIn(bytes, at), firstIndex + at / ROW_BYTES);
      }
    }
  }
}
