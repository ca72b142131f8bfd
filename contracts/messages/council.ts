/** Messages between a council session and its seats. Agents and council meet here and nowhere else. */
import type { Ballot } from './ballot.ts';
import type { Decision } from './decision.ts';
import type { PeerEvidence } from './evidence.ts';
import type { DecisionId, Digest, KeyId, SeatId } from './ids.ts';
import type { SeatKey, SessionTerms } from './session.ts';
import type { HeldReason, Outcome, Tally } from './verdict.ts';

/** Asks a seat for its ballot of one round. Round 1 carries no peers: it is sealed. */
export interface BallotRequest {
  readonly type: 'ballot-request';
  readonly decision: Decision;
  readonly sessionDigest: Digest;
  readonly round: 1 | 2;
  /** Remaining time when sent, ms; a request whose time ran out in the mailbox is dropped unstarted. */
  readonly budgetMs: number;
  /** Sender's monotonic clock when sent; only a seat on the sender's node compares it. */
  readonly sentAtMs?: number;
  /** Seat key that the session froze; absent: the seat's active key. */
  readonly keyId?: KeyId;
  /** Every key that the session froze for the seat, where it froze those of other nodes too. */
  readonly seatKeys?: readonly SeatKey[] | undefined;
  readonly attested: Readonly<Record<string, unknown>>;
  readonly peers: readonly PeerEvidence[];
  /** The seat's own round-1 ballot, in round 2. */
  readonly previous: Ballot | null;
}

/** A seat's answer. */
export type BallotReply =
  | {
      readonly type: 'ballot';
      readonly decisionId: DecisionId;
      readonly seat: SeatId;
      readonly ballot: Ballot;
    }
  | {
      readonly type: 'no-ballot';
      readonly decisionId: DecisionId;
      readonly seat: SeatId;
      readonly round: 1 | 2;
      readonly reason: 'deadline' | 'refused';
      readonly detail: string;
    };

/** Ends work on a decision early; a seat drops what it has not started. */
export interface SessionClosed {
  readonly type: 'session-closed';
  readonly decisionId: DecisionId;
}

/** Everything a seat takes from the council. `replyTo` is the kernel's ref type, opaque here. */
export type SeatMessage<ReplyTo> = (BallotRequest & { readonly replyTo: ReplyTo }) | SessionClosed;

/** Declaration of a seat: who it is and what it judges by; behavior and evaluators live in its agent. */
export interface SeatDeclaration {
  readonly seat: SeatId;
  readonly title: string;
  /** One sentence: what this seat looks after. */
  readonly mandate: string;
}

/** Asks the council for a deliberation under frozen terms; sent to `/council`, answered once. */
export interface DeliberateRequest {
  readonly type: 'deliberate';
  readonly terms: SessionTerms;
  readonly sessionDigest: Digest;
  readonly decision: Decision;
  readonly attested: Readonly<Record<string, unknown>>;
  /** Remaining time for all rounds when sent, ms. */
  readonly budgetMs: number;
  /** W3C trace context of the deliberation; absent: nobody traces it. */
  readonly traceparent?: string | undefined;
}

/**
 * What a deliberation ended with; recorded by the orchestrator, never released before the append is
 * durable.
 */
export interface DeliberationResult {
  readonly type: 'deliberation-result';
  readonly decisionId: DecisionId;
  readonly outcome: Outcome;
  readonly heldReason: HeldReason | null;
  readonly rounds: number;
  readonly tally: Tally;
  /** Counted ballots, roster order: the round-2 ballot where there is one. */
  readonly ballots: readonly Ballot[];
  /** Round-1 ballots that a round-2 ballot replaced; kept for replay. */
  readonly superseded: readonly Ballot[];
}
