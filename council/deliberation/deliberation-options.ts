/** What the council needs from outside, and what it tells besides its result. */
import type { LedgerCrypto } from '../../contracts/ledger/crypto.ts';
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { BallotReply, DeliberateRequest, SeatMessage } from '../../contracts/messages/council.ts';
import type { DecisionId, SeatId } from '../../contracts/messages/ids.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import type { DecisionEventsPort } from '../../runtime/kernel/ports/decision/decision-events.ts';
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';
import type { ActorRef } from '../../runtime/kernel/ref.ts';

/** Address of a seat. */
export type SeatRef = ActorRef<SeatMessage<ActorRef<BallotReply>>>;

/** Something about a ballot that must go on the record although it is not counted. */
export type BallotIncident = {
  readonly decisionId: DecisionId;
  /** Seat, or external agent, as the sender named it. */
  readonly seat: string;
  readonly round: number;
} & (
  | { readonly kind: 'late-ballot'; readonly ballot: Ballot }
  /** Advice of an agent that is not on the roster: weight 0, outside Σ w. */
  | { readonly kind: 'advisory-ballot'; readonly ballot: Ballot }
  | { readonly kind: 'ballot-refused'; readonly reason: string }
);

/** Agents outside the roster, as a session sees them: asked for advice, waited for never. */
export interface OutsideCouncil {
  /**
   * Asks whoever is connected and concerned. @param roundOne counted ballots of round 1, after its close
   */
  ask(request: DeliberateRequest, round: OutsideRound): void;
}

/** The round that outside agents are asked in. */
export interface OutsideRound {
  readonly round: 1 | 2;
  readonly roundOne: readonly Ballot[];
  /** Remaining time of the round, ms. */
  readonly budgetMs: number;
}

/** Dependencies of the council. */
export interface DeliberationOptions {
  /** Live actor of a seat now; asked again after a seat was lost. Undefined: not running. */
  readonly seats: (seat: SeatId) => SeatRef | undefined;
  readonly clock: Clock;
  readonly events: DecisionEventsPort;
  readonly crypto: LedgerCrypto;
  /**
   * Whether this process signed exactly this ballot with the key (hex) and it cannot have changed since; such
   * a ballot is not verified again. Default: none.
   */
  readonly isOwnBallot?: (ballot: unknown, publicKey: string) => boolean;
  /** Whether a key was revoked since it was frozen; default: none is. */
  readonly isRevoked?: (keyId: string) => boolean;
  /** Agents outside the roster; absent: there are none. */
  readonly outside?: OutsideCouncil;
  /** Gets what must be recorded apart from the result. It must not throw; what it throws is logged. */
  readonly onIncident?: (incident: BallotIncident) => void;
  /** How long a concluded session waits for seats that still owe a ballot, ms (default 5,000). */
  readonly lateWindowMs?: number;
  /** How long a lost seat may take to come back before it is absent, ms (default 500). */
  readonly seatReturnMs?: number;
  /** How often a crashed session is started again (default 3). */
  readonly maxSessionRestarts?: number;
}

/** What the council needs: the dependencies of its sessions, and where they keep their events. */
export interface CouncilOptions extends DeliberationOptions {
  readonly journal: JournalPort;
}
