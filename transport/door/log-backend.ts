/** What doors ask of the log itself: its signed head, its tiles, proofs, and its work as a witness. */
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { ChainReport, LogReport, TlogProofView } from '../../contracts/messages/audit/log-report.ts';
import type { HealthCheck } from '../../contracts/messages/decision-view.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';

/** The log of this node. Where it is not public, every method asks for a scope. @throws permission_denied */
export interface LogBackend {
  /** Newest published checkpoint: a signed note with the cosignatures of its witnesses. */
  checkpoint(principal: Principal): Promise<string>;
  /** Hash tile or entry bundle, by its path below `tile/`. @throws not_found, not_supported, too_large */
  tile(path: string, principal: Principal): Promise<Uint8Array>;
  /** Proof in the form of C2SP tlog-proof. @throws not_found, also for what belongs to another tenant */
  proof(of: DecisionId | number, principal: Principal): Promise<TlogProofView>;
  /** How the log stands with its witnesses. */
  report(principal: Principal): Promise<LogReport>;
  /** How the log stands with its witnesses, for the health of the node; empty where none are asked. */
  health(): readonly HealthCheck[];
  /** Checks every record of the log again. One at a time. @throws overloaded, not_supported */
  verifyChain(principal: Principal): Promise<ChainReport>;
}

/** Answer of a witness, as it goes out. */
export interface WitnessReply {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

/** This node as a witness of other logs; whoever reaches the door may ask, the log's signature admits. */
export interface WitnessBackend {
  /** @param body of C2SP tlog-witness, whatever came in */
  addCheckpoint(body: string): Promise<WitnessReply>;
  /** Newest checkpoint that was vouched for, by SHA-256 of the log's origin. @throws not_found */
  checkpoint(originHash: string): Promise<string>;
}
