/** The recorded tally, outcome and rounds are what the recorded ballots give. */
import type { FinalPayload } from '../../../../contracts/messages/final.ts';
import { verifyTally } from '../../../../council/tally/verify-tally.ts';
import { loggedDecisions, termsOf } from '../../world/history.ts';
import type { RunInvariant } from '../invariant.ts';

/** Replay of each recorded deliberation gives its record, field by field. */
export const tallyRecomputes: RunInvariant = {
  name: 'tally-recomputes',
  check({ history }) {
    return loggedDecisions(history).flatMap((decision) =>
      decision.finals.flatMap((entry) => {
        const { body, ballots, superseded } = entry.payload as FinalPayload;
        if (body.tally === null) return [];
        const { outcome, heldReason, rounds, tally } = body;
        const recorded = { outcome, heldReason, rounds, tally, ballots, superseded };
        return verifyTally(termsOf(decision), recorded).map(
          ({ field, recorded: is, recomputed }) =>
            `${decision.decisionId}: ${field} is ${JSON.stringify(is)}, not ${JSON.stringify(recomputed)}`,
        );
      }),
    );
  },
};
