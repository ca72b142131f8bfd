/** Which ballots count: at most one for each seat of the roster, whatever came in and in whatever order. */
import type { Ballot, BallotBody } from '../../contracts/messages/ballot.ts';
import type { FrozenSeat } from '../../contracts/messages/session.ts';
import { WHOLE_BP, type TallyTerms } from './tally-terms.ts';

/** A seat and what it brings to the tally of a round. */
export interface SeatStanding {
  readonly seat: FrozenSeat;
  /** Its ballot of the round that is tallied; undefined: absent, counts zero. */
  readonly ballot: Ballot | undefined;
  /** Code of its veto, of this or an earlier round; null without one, or where the seat may not veto. */
  readonly veto: string | null;
}

/**
 * Standing of every seat after `round`, in roster order.
 *
 * A seat that was heard in round 1 and not in round 2 is absent: its approval may rest on what it has not
 * yet weighed, so it must not count; its veto stands. Of two ballots of one seat and round the less
 * favourable counts, so neither order nor duplication changes anything. Seats outside the roster are
 * ignored.
 */
export function standings(
  terms: TallyTerms,
  ballots: readonly Ballot[],
  round: number,
): readonly SeatStanding[] {
  const bySeat = new Map<string, Ballot[]>();
  for (const ballot of ballots) {
    if (ballot.body.round > round) continue;
    assertBasisPoints(ballot.body);
    const known = bySeat.get(ballot.body.seat);
    if (known) known.push(ballot);
    else bySeat.set(ballot.body.seat, [ballot]);
  }
  return terms.roster.map((seat) => standingOf(seat, bySeat.get(seat.seat) ?? [], round));
}

function standingOf(seat: FrozenSeat, cast: readonly Ballot[], round: number): SeatStanding {
  let ballot: Ballot | undefined;
  let veto: string | null = null;
  for (const candidate of cast) {
    const { body } = candidate;
    if (seat.vetoes && body.veto !== null && (veto === null || body.veto < veto)) veto = body.veto;
    if (body.round === round && (!ballot || isLessFavourable(body, ballot.body))) ballot = candidate;
  }
  return { seat, ballot, veto };
}

/** Total order on the fields that the tally reads; ballots equal in all of them are interchangeable. */
function isLessFavourable(left: BallotBody, right: BallotBody): boolean {
  if (left.scoreBp !== right.scoreBp) return left.scoreBp < right.scoreBp;
  if (left.confidenceBp !== right.confidenceBp) return left.confidenceBp < right.confidenceBp;
  if (left.applicable !== right.applicable) return left.applicable;
  return left.families.join('\n') < right.families.join('\n');
}

function assertBasisPoints({ seat, scoreBp, confidenceBp }: BallotBody): void {
  if (isBasisPoints(scoreBp) && isBasisPoints(confidenceBp)) return;
  throw new TypeError(
    `ballot of ${seat} holds score ${scoreBp}, confidence ${confidenceBp}: not basis points`,
  );
}

function isBasisPoints(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= WHOLE_BP;
}
