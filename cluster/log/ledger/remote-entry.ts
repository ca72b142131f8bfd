/** Entries that came from another node: what is asked of them is read from their text. */
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { WireEntry } from '../../../contracts/messages/cluster/log-wire.ts';
import type { StoredEntry } from '../../../contracts/ledger/leaf.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';

/** An entry as it goes to another node. */
export function wireEntry({ canonical, leafHash, chainHash }: LedgerEntry): WireEntry {
  return { canonical, leafHash, chainHash };
}

/** See the head of the file. */
export class RemoteEntry implements LedgerEntry {
  readonly canonical: string;
  readonly leafHash: string;
  readonly chainHash: string;
  readonly index: number;
  readonly atWallMs: number;
  readonly kind: LedgerEntry['kind'];
  readonly tenant: string;
  readonly decisionId: DecisionId;
  readonly payload: unknown;

  constructor({ canonical, leafHash, chainHash }: WireEntry) {
    this.canonical = canonical;
    this.leafHash = leafHash;
    this.chainHash = chainHash;
    const { index, atWallMs, kind, tenant, decisionId, payload } = JSON.parse(canonical) as StoredEntry;
    this.index = index;
    this.atWallMs = atWallMs;
    this.kind = kind;
    this.tenant = tenant;
    // As the port has it: absent for entries of no decision.
    this.decisionId = decisionId as DecisionId;
    this.payload = payload;
  }
}
