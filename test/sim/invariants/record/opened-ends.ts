/** Every `opened` ends in a final once faults have stopped and time has passed. */
import type { RunInvariant } from '../invariant.ts';

/** Nothing is open when all has come to rest; asking again would settle it and hide the fault. */
export const openedEnds: RunInvariant = {
  name: 'opened-ends',
  check({ history }) {
    return history.openAtRest.map((decisionId) => `${decisionId} is still open`);
  },
};
