/** No decision gets two finals. */
import { loggedDecisions } from '../../world/history.ts';
import type { RunInvariant } from '../invariant.ts';

/** At most one `opened` and one `final` entry of a decision, in the log and in what the log acknowledged. */
export const oneFinal: RunInvariant = {
  name: 'one-final',
  check({ history }) {
    const wrong: string[] = [];
    for (const { decisionId, finals } of loggedDecisions(history)) {
      if (finals.length > 1) wrong.push(`${decisionId} has ${finals.length} finals`);
    }
    const opened = history.log.filter(({ kind }) => kind === 'opened').map(({ decisionId }) => decisionId);
    if (new Set(opened).size !== opened.length) wrong.push('a decision was opened twice');
    return wrong;
  },
};
