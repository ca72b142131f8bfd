/** No seat sees another's round-1 ballot before the round was closed. */
import type { RunInvariant } from '../invariant.ts';

/** Round 1 is asked without peers; peers come only in round 2, after the close of round 1 was published. */
export const roundOneSealed: RunInvariant = {
  name: 'round-one-sealed',
  check({ history }) {
    return history.questions
      .filter(({ round, peerCount, hasPrevious, isRoundOneClosed }) =>
        round === 1 ? peerCount > 0 || hasPrevious : !isRoundOneClosed,
      )
      .map(
        ({ decisionId, seat, round, peerCount }) =>
          `${decisionId}: ${seat} saw ${peerCount} peers in round ${round}`,
      );
  },
};
