/** The same key with another payload is a conflict; an acceptance means that this payload is on record. */
import { loggedDecisions, termsOf } from '../../world/history.ts';
import type { RunInvariant } from '../invariant.ts';

/** Who was told "accepted" or given a verdict had sent the payload that the log holds. */
export const otherPayloadConflicts: RunInvariant = {
  name: 'other-payload-conflicts',
  check({ history }) {
    const recorded = new Map(
      loggedDecisions(history).map((one) => [one.decisionId, termsOf(one).decisionDigest]),
    );
    return history.submissions.flatMap(({ tenant, key, decisionId, digest }) => {
      if (decisionId === undefined) return [];
      const known = recorded.get(decisionId);
      if (known === undefined) return [`${tenant}/${key} was accepted and is not in the log`];
      return known === digest
        ? []
        : [`${tenant}/${key} was accepted with another payload than the recorded one`];
    });
  },
};
