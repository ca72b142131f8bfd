/**
 * Whether a second round runs: only for critical evidence, or for dissent that could still turn the result.
 */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import { standings } from './counted-ballots.ts';
import { dissentCouldTurn } from './dissent.ts';
import { sumStandings } from './tally-sums.ts';
import type { TallyTerms } from './tally-terms.ts';

/** Answer to whether round 2 runs, with a sentence for people (≤ 300 characters). */
export interface RoundTwoNeed {
  readonly needed: boolean;
  readonly cause: 'critical-evidence' | 'dissent' | 'none';
  readonly why: string;
}

/**
 * Whether round 2 runs after these ballots of round 1. The order of ballots does not matter.
 *
 * @param ballots Ballots of any round; those of round 1 from seats of the roster are read.
 */
export function needsRoundTwo(terms: TallyTerms, ballots: readonly Ballot[]): RoundTwoNeed {
  if (terms.maxRounds < 2) return { needed: false, cause: 'none', why: 'the terms allow one round' };
  const seats = standings(terms, ballots, 1);
  const critical = seats.filter(({ ballot }) => ballot?.evidence.some((evidence) => evidence.critical));
  if (critical.length > 0) {
    const names = critical.map(({ seat }) => seat.seat).join(', ');
    return { needed: true, cause: 'critical-evidence', why: `critical evidence of ${names}`.slice(0, 300) };
  }
  if (dissentCouldTurn(terms, seats, sumStandings(seats))) {
    return { needed: true, cause: 'dissent', why: 'dissent could still turn the result' };
  }
  return { needed: false, cause: 'none', why: 'no critical evidence, and dissent cannot turn the result' };
}
