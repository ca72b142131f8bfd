/** What a revised ballot may do to the one it replaces. */
import type { Ballot, BallotBody } from '../../contracts/messages/ballot.ts';
import type { Digest } from '../../contracts/messages/ids.ts';
import { canBeCited } from './dissent.ts';
import { APPROVING_SCORE_BP } from './tally-terms.ts';

/** A revision and all that it is judged by. */
export interface Revision {
  readonly revised: Ballot;
  /** The seat's ballot of round 1, and the digest of its body. */
  readonly previous: Ballot;
  readonly previousDigest: Digest;
  /** Counted ballots of round 1, all seats. */
  readonly roundOne: readonly Ballot[];
}

/**
 * Why a round-2 ballot breaks the rules of revision, or null when it keeps them: it may lower freely, raise
 * only by citing approving `rules` or `record` evidence of another seat, and never takes a veto back.
 */
export function revisionFault({ revised, previous, previousDigest, roundOne }: Revision): string | null {
  const { body } = revised;
  if (body.previousBallot !== previousDigest) return 'previousBallot is not the digest of its round-1 ballot';
  if (previous.body.veto !== null && body.veto !== previous.body.veto) return 'a round-1 veto must stand';
  for (const cite of body.cites) {
    if (!isCitable(cite, body, roundOne))
      return `cites ${cite}, which no other seat holds as rules or record evidence`;
  }
  if (isRaised(previous.body, body) && body.cites.length === 0)
    return 'raises its score without citing evidence';
  return null;
}

/**
 * Whether `revised` supports an approval more than `previous`: a higher score, or more weight behind an
 * approval.
 */
export function isRaised(previous: BallotBody, revised: BallotBody): boolean {
  if (revised.scoreBp > previous.scoreBp) return true;
  if (revised.scoreBp < APPROVING_SCORE_BP) return false;
  return revised.scoreBp * revised.confidenceBp > previous.scoreBp * previous.confidenceBp;
}

function isCitable(cite: string, body: BallotBody, roundOne: readonly Ballot[]): boolean {
  const [seat, ...rest] = cite.split('/');
  const code = rest.join('/');
  if (seat === body.seat) return false;
  return roundOne.some(
    (ballot) =>
      ballot.body.seat === seat && ballot.evidence.some((one) => one.code === code && canBeCited(one)),
  );
}
