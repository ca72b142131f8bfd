/** Port: keeps the personal parts of decisions sealed on the record. */
import type { Decision } from '../../../../contracts/messages/decision.ts';
import type { LedgerEntry } from '../ledger.ts';
import type { Fingerprint } from '../../decision-index/fingerprint.ts';

/** What the orchestrator asks; absent: decisions stand on the record as they are. */
export interface DecisionPrivacyPort {
  /**
   * The decision with a salt, its digest keyed by it; or as it is, where it is not to be sealed. The key
   * behind the salt is durable when this resolves.
   * @throws storage_failed, invalid_argument for a person without a name
   */
  conceal(decision: Decision): Promise<Decision>;
  /** An entry as it stands on the record: what goes into an index or out of the node. */
  recordedOf(entry: LedgerEntry): LedgerEntry;
  /** Fingerprint of an input from the form in which the index holds it; undefined once it is erased. */
  unmask(masked: string): Promise<Fingerprint | undefined>;
}
