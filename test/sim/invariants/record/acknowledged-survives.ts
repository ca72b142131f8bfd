/** What the log acknowledged is still there at the end, whatever happened to nodes in between. */
import type { RunInvariant } from '../invariant.ts';

/** Every acknowledged entry stands in the log at its index with its hash. */
export const acknowledgedSurvives: RunInvariant = {
  name: 'acknowledged-survives',
  check({ history }) {
    const byIndex = new Map(history.log.map((entry) => [entry.index, entry.leafHash]));
    return history.acknowledged
      .filter(({ index, leafHash }) => byIndex.get(index) !== leafHash)
      .map(({ index, kind, decisionId }) => `entry ${index} (${kind} of ${decisionId}) is gone or changed`);
  },
};
