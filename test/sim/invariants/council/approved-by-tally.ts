/** Nothing is approved that the pure tally, or the checks, do not approve. */
import { decideOutcome } from '../../../../council/tally/outcome.ts';
import type { FinalPayload } from '../../../../contracts/messages/final.ts';
import type { OpenedPayload } from '../../../../contracts/messages/session.ts';
import { loggedDecisions, termsOf } from '../../world/history.ts';
import type { RunInvariant } from '../invariant.ts';

/** An approval by the council is what its ballots give; one by the checks had all answer, at low risk. */
export const approvedByTally: RunInvariant = {
  name: 'approved-by-tally',
  check({ history }) {
    return loggedDecisions(history).flatMap((decision) =>
      decision.finals.flatMap((entry) => {
        const final = entry.payload as FinalPayload;
        if (final.body.outcome !== 'approved') return [];
        if (final.body.decidedBy === 'checks')
          return wronglyChecked(decision.opened.payload as OpenedPayload, final);
        const ballots = [...final.superseded, ...final.ballots];
        const { outcome } = decideOutcome(termsOf(decision), ballots, final.body.rounds);
        return outcome === 'approved'
          ? []
          : [`${decision.decisionId} is approved, its ballots give ${outcome}`];
      }),
    );
  },
};

function wronglyChecked({ statedRisk, terms }: OpenedPayload, { body }: FinalPayload): string[] {
  const isLow = (risk: string | null): boolean => risk === 'low' || risk === 'medium';
  const checks = body.steps.filter(({ step }) => step === 'checks');
  const isSound =
    checks.length === 3 &&
    checks.every(({ result, risk }) => result === 'checked' && isLow(risk)) &&
    isLow(statedRisk ?? 'low') &&
    body.steps[0]?.step === 'policy' &&
    body.steps[0].result === 'allow';
  return isSound ? [] : [`${terms.decisionId} is approved by checks that do not approve it`];
}
