/** What doors ask of the anchor: how it stands, that it works now, and receipts. */
import type { AnchorReceipt, AnchorStatus } from '../../contracts/messages/anchor.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { RecordState } from '../../contracts/messages/verdict.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';

/** The anchor of this node. Every method that takes a caller asks for a scope. @throws permission_denied */
export interface AnchorBackend {
  status(principal: Principal): Promise<AnchorStatus>;
  /** Closes a batch on every chain; answers before it is sent. */
  now(principal: Principal): Promise<AnchorStatus>;
  /**
   * Receipt for an entry, or for the final entry of a decision.
   * @param chain name of a chain; absent: the first that has one
   * @throws not_found, also for what belongs to another tenant
   */
  receipt(of: DecisionId | number, principal: Principal, chain?: string): Promise<AnchorReceipt>;
  /** How far an entry is on the chain where it is furthest; undefined: not on its way. Costs nothing. */
  readonly stateOf: (index: number) => RecordState | undefined;
}
