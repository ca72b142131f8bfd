/** Credits are all given back. */
import type { RunInvariant } from '../invariant.ts';

/** The last node holds no credit when nothing is open any more. */
export const creditsReturned: RunInvariant = {
  name: 'credits-returned',
  check({ history }) {
    const held = history.lives.at(-1)?.creditsInUse ?? 0;
    return held === 0 ? [] : [`${held} credits are held although nothing is open`];
  },
};
