/** Every `opened` ends in a final once faults have stopped and time has passed. */
import { loggedDecisions } from '../../world/history.ts';
import type { RunInvariant } from '../invariant.ts';

/** No decision of the log is open at the end. */
export const openedEnds: RunInvariant = {
  name: 'opened-ends',
  check({ history }) {
    return loggedDecisions(history)
      .filter(({ finals }) => finals.length === 0)
      .map(({ decisionId }) => `${decisionId} is still open`);
  },
};
