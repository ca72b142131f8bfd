/** No approval with an absent veto seat, a standing veto, or without a quorum. */
import type { FinalPayload } from '../../../../contracts/messages/final.ts';
import type { Ballot } from '../../../../contracts/messages/ballot.ts';
import type { SessionTerms } from '../../../../contracts/messages/session.ts';
import { loggedDecisions, termsOf } from '../../world/history.ts';
import type { RunInvariant } from '../invariant.ts';

/** Counted anew from the ballots alone, without the tally's code. */
export const approvalIsWhole: RunInvariant = {
  name: 'approval-is-whole',
  check({ history }) {
    return loggedDecisions(history).flatMap((decision) =>
      decision.finals.flatMap((entry) => {
        const { body, ballots, superseded } = entry.payload as FinalPayload;
        if (body.outcome !== 'approved' || body.decidedBy !== 'council') return [];
        const words = [...superseded, ...ballots];
        const wrong = whatIsMissing(termsOf(decision), { words, rounds: body.rounds });
        return wrong.map((what) => `${decision.decisionId} is approved ${what}`);
      }),
    );
  },
};

function whatIsMissing(
  { roster, quorumBp }: SessionTerms,
  { words, rounds }: { words: readonly Ballot[]; rounds: number },
): string[] {
  const wrong: string[] = [];
  const last = words.filter(({ body }) => body.round === rounds);
  const isPresent = (seat: string): boolean => last.some(({ body }) => body.seat === seat);
  for (const { seat, vetoes } of roster) {
    if (vetoes && !isPresent(seat)) wrong.push(`without the veto seat ${seat}`);
    if (vetoes && words.some(({ body }) => body.seat === seat && body.veto !== null)) {
      wrong.push(`against the veto of ${seat}`);
    }
  }
  const weight = (seats: SessionTerms['roster']): number =>
    seats.reduce((sum, { weightBp }) => sum + weightBp, 0);
  const present = weight(roster.filter(({ seat }) => isPresent(seat)));
  if (present * 10_000 < weight(roster) * quorumBp) wrong.push('without a quorum');
  return wrong;
}
