/** Messages of a session and of the council above it. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { BallotReply, DeliberateRequest, DeliberationResult } from '../../contracts/messages/council.ts';
import type { DecisionId, SeatId } from '../../contracts/messages/ids.ts';
import type { RoundResult } from '../../runtime/kernel/vote-collector.ts';
import type { ActorRef } from '../../runtime/kernel/ref.ts';

/** What `/council` takes: a request with the address that gets the one result. */
export interface Deliberate extends DeliberateRequest {
  readonly replyTo: ActorRef<DeliberationResult>;
}

/** Tells the council what a session concluded; sent once the conclusion is durable. */
export interface SessionConcluded {
  readonly type: 'session-concluded';
  readonly result: DeliberationResult;
}

/** Advice of an agent outside the roster; recorded apart, never tallied. */
export interface AdvisoryBallot {
  readonly type: 'advisory-ballot';
  readonly decisionId: DecisionId;
  readonly agent: string;
  readonly ballot: Ballot;
}

/** Everything in the mailbox of `/council`. */
export type CouncilMessage = Deliberate | SessionConcluded | AdvisoryBallot | DecisionRecorded;

/** The final entry of a decision is durable. */
export interface DecisionRecorded {
  readonly type: 'decision-recorded';
  readonly decisionId: DecisionId;
}

/** Begins or resumes a session. */
export interface BeginSession {
  readonly type: 'begin';
  readonly request: DeliberateRequest;
  /** Of the whole deliberation, ms. */
  readonly remainingMs: number;
  readonly council: ActorRef<CouncilMessage>;
}

/** Everything in the mailbox of a session. */
export type SessionMessage =
  | BallotReply
  | BeginSession
  | { readonly type: 'round-over'; readonly result: RoundResult<Ballot> }
  | { readonly type: 'ask-again'; readonly seat: SeatId; readonly round: 1 | 2; readonly delayMs: number }
  /** Ballots were taken since the last one: they are stored together, in one append. */
  | { readonly type: 'count-ballots' }
  | { readonly type: 'late-window-over' };
