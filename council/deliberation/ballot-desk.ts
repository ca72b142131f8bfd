/** Takes what comes in as a ballot: counts nothing itself, but says what each one is and reports the rest. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { DeliberateRequest } from '../../contracts/messages/council.ts';
import { ballotFault } from './ballot-fault.ts';
import type { BallotIncident, DeliberationOptions } from './deliberation-options.ts';

/** Refused ballots that one session reports; more only fill the stream of a decision under attack. */
const MAX_REPORTED_REFUSALS = 64;

/** What an offered ballot is. */
export type Offered =
  | { readonly kind: 'sound'; readonly ballot: Ballot; readonly round: 1 | 2 }
  | { readonly kind: 'refused'; readonly reason: string; readonly isFromSeat: boolean };

/** Judges and reports ballots of one session. */
export class BallotDesk {
  readonly #options: DeliberationOptions;
  readonly #request: DeliberateRequest;
  #refusalCount = 0;

  constructor(options: DeliberationOptions, request: DeliberateRequest) {
    this.#options = options;
    this.#request = request;
  }

  /** Checks a ballot that came as the word of `seat`; `roundOne` are the counted ballots of round 1. */
  judge(seat: string, offered: unknown, roundOne: readonly Ballot[]): Offered {
    const { terms, sessionDigest, decision } = this.#request;
    const { salt } = decision;
    const { crypto, isOwnBallot, isRevoked = () => false } = this.#options;
    const round = (offered as Partial<Ballot> | null | undefined)?.body?.round === 2 ? 2 : 1;
    const check = { terms, sessionDigest, round, roundOne, crypto, salt, isOwnBallot, isRevoked } as const;
    const fault = ballotFault(seat, offered, check);
    if (fault) return { kind: 'refused', ...fault };
    return { kind: 'sound', ballot: offered as Ballot, round };
  }

  /** Reports a ballot that is not counted because something is wrong with it. */
  refuse(seat: string, round: number, reason: string): void {
    this.#refusalCount += 1;
    if (this.#refusalCount > MAX_REPORTED_REFUSALS) return;
    const { decisionId } = this.#request.terms;
    const name = seat.slice(0, 40);
    this.#options.events.publish(decisionId, {
      type: 'ballot-refused',
      seat: name,
      round,
      reason: reason.slice(0, 500),
    });
    this.#report({ kind: 'ballot-refused', decisionId, seat: name, round, reason });
  }

  /** Reports a sound ballot that came after its round. */
  late(ballot: Ballot): void {
    const { decisionId } = this.#request.terms;
    const { seat, round } = ballot.body;
    this.#options.events.publish(decisionId, { type: 'late-ballot', seat, round });
    this.#report({ kind: 'late-ballot', decisionId, seat, round, ballot });
  }

  #report(incident: BallotIncident): void {
    this.#options.onIncident?.(incident);
  }
}
