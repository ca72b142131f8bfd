/** The events of a decision have sequence numbers without gaps, as a follower sees them. */
import type { RunInvariant } from '../invariant.ts';

/** Sequences of each decision and incarnation run 1, 2, 3, …. */
export const eventsWithoutGaps: RunInvariant = {
  name: 'events-without-gaps',
  check({ history }) {
    const last = new Map<string, number>();
    const wrong: string[] = [];
    for (const { incarnation, decisionId, sequence } of history.events) {
      const name = `${incarnation}/${decisionId}`;
      const expected = (last.get(name) ?? 0) + 1;
      if (sequence !== expected)
        wrong.push(`${decisionId}: event ${sequence} came where ${expected} was due`);
      last.set(name, sequence);
    }
    return wrong;
  },
};
