/** What a running log knows of its durable entries; grows only when a batch is on the disk. */
import { chainStart } from '../../../contracts/ledger/leaf.ts';
import { MerkleTree } from '../../../contracts/ledger/merkle-tree.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { DecisionIndex } from '../ledger/decision-index.ts';
import { EntryPlaces } from './entry-places.ts';
import type { LogFileSystem } from './file-system.ts';
import type { LogHead } from './head-file.ts';

/** Files of one log. */
export interface LogFiles {
  readonly fs: LogFileSystem;
  readonly folder: string;
}

/** An entry that has become durable. */
export interface DurableEntry {
  readonly decisionId: string | undefined;
  readonly kind: string;
  readonly leafHash: Uint8Array;
  readonly segment: number;
  readonly offset: number;
  readonly byteLength: number;
}

/** Tree, chain, places and decisions of the durable entries. */
export class LogState {
  readonly tree = new MerkleTree(sha256);
  readonly decisions = new DecisionIndex();
  readonly places: EntryPlaces;
  chain: Uint8Array;
  /** Highest generation that any writer had. */
  generation = 0;

  constructor({ fs, folder }: LogFiles, logId: string) {
    this.places = new EntryPlaces(fs, folder, this.tree);
    this.chain = chainStart(logId, sha256);
  }

  /** Entries that are durable. */
  get size(): number {
    return this.tree.size;
  }

  /** Takes up the next entry; the caller sets `chain`. */
  add(entry: DurableEntry): void {
    this.decisions.add(entry.decisionId, entry.kind, this.tree.size);
    this.places.add(entry.segment, entry.offset, entry.byteLength);
    this.tree.append(entry.leafHash);
  }

  /** Head over all durable entries. O(log n). */
  head(): LogHead {
    return { size: this.size, root: this.tree.root(), chain: this.chain };
  }
}
