/** A run comes to rest: nothing loops, and no caller waits for ever. */
import type { RunInvariant } from '../invariant.ts';

/** The run reached its end. */
export const comesToRest: RunInvariant = {
  name: 'comes-to-rest',
  check: ({ history }) => history.stuck,
};
