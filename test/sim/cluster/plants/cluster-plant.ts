/** A fence that is taken out of a simulated cluster, to see that it is needed. */
import type { LogPlants } from '../../../../cluster/log/log-settings.ts';
import type { EntityHooks } from '../../../../cluster/entities/entities.ts';
import type { JournalPort } from '../../../../runtime/kernel/ports/journal.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { KvPort } from '../../../../runtime/kernel/ports/kv.ts';
import type { Weakening } from '../../../cluster/leases/lease-world.ts';
import type { ClusterInvariantName } from '../invariants/names.ts';

/** Everything but its name is optional: a plant takes one thing away. */
export interface ClusterPlant {
  readonly name: string;
  /** Invariants of which one has to see it. */
  readonly breaks: readonly ClusterInvariantName[];
  /** What is taken away. */
  readonly what: string;
  /** Seed from which on the search begins (default 1). */
  readonly from?: number;
  readonly lease?: () => Weakening;
  readonly wrapKv?: (kv: KvPort) => KvPort;
  readonly wrapJournal?: (journal: JournalPort) => JournalPort;
  readonly log?: LogPlants;
  readonly wrapLedger?: (ledger: LedgerPort) => LedgerPort;
  /** Entities act without looking at the fence of their shard. */
  readonly isEntityUnfenced?: boolean;
  readonly isSingletonUnfenced?: boolean;
  /** Asks without an id are repeated. */
  readonly repeatsAsks?: boolean;
  readonly wrapHooks?: (hooks: EntityHooks) => EntityHooks;
  /** Changes a production class for the time of a run; gives what undoes it. */
  readonly install?: () => () => void;
}
