/** Port: agent systems of others that join the council over a stream, advisory until they are on the roster. */
import type { Ballot } from '../../../../contracts/messages/ballot.ts';
import type { Decision } from '../../../../contracts/messages/decision.ts';
import type { DecisionId, Digest } from '../../../../contracts/messages/ids.ts';
import type { PeerEvidence } from '../../../../contracts/messages/evidence.ts';
import type { Principal } from '../identity.ts';

/** What an outside agent says of itself when it registers. */
export interface OutsideAgent {
  /** Kebab-case name, unique in its tenant (`acme-reviewer`); never the name of a seat. */
  readonly agentId: string;
  readonly title: string;
  readonly mandate: string;
  /** Raw Ed25519 public key, 64 hex digits; its ballots must verify under it. */
  readonly publicKey: string;
  /** Types of decisions it wants; empty: all of its tenant. */
  readonly decisionTypes: readonly string[];
}

/** One request for a ballot. */
export interface OutsideWork {
  readonly decision: Decision;
  readonly round: 1 | 2;
  readonly sessionDigest: Digest;
  /** Structured evidence of round 1; empty in round 1. */
  readonly peers: readonly PeerEvidence[];
  readonly previous: Ballot | null;
  /** Remaining time, ms. */
  readonly budgetMs: number;
  /** W3C trace context of the deliberation, where the node traces it: the agent's spans hang below it. */
  readonly traceparent?: string | undefined;
}

/** The door's end of a registered agent. */
export interface OutsideAgentStream {
  /** Gives work; false: the stream is full and the work was not taken. */
  onWork(work: OutsideWork): boolean;
  /** The work is no longer wanted. */
  onCancel(decisionId: DecisionId): void;
  /** The node ends the registration (it stops, or the key was revoked). */
  onEnd(reason: string): void;
}

/** A live registration. */
export interface OutsideRegistration {
  /** Casts a ballot. @throws invalid_argument, bad_signature, not_found, deadline_exceeded, already_exists */
  cast(ballot: Ballot): Promise<void>;
  /** Declines work, so that nobody waits for it. */
  decline(decisionId: DecisionId, detail: string): void;
  /** The stream has died: the agent is absent from now on. Idempotent. */
  close(): void;
}

/** Registers outside agents; each is an actor `/council/external/<agentId>`. */
export interface OutsideAgentsPort {
  /** Whether an agent of the tenant is connected now. */
  isServing(tenant: string): boolean;
  /** @throws already_exists while the same agent is connected, invalid_argument */
  register(
    agent: OutsideAgent,
    principal: Principal,
    stream: OutsideAgentStream,
  ): Promise<OutsideRegistration>;
}
