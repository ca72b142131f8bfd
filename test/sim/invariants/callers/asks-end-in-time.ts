/** An ask never outlives its deadline. */
import type { RunInvariant } from '../invariant.ts';

/** Deadlines of asks are kept to one tick of the wheel, ms; fractions come from the clock. */
const TICK_MS = 1.001;

/** Every question was answered or failed by its deadline, those of callers and those between actors. */
export const asksEndInTime: RunInvariant = {
  name: 'asks-end-in-time',
  check({ history }) {
    return history.asks.flatMap(({ what, startedMs, limitMs, endedMs }) => {
      if (endedMs === null) return [`${what}, asked at ${startedMs}, never ended`];
      // An ask with no time left still takes the turn in which it fails.
      const tookMs = endedMs - startedMs;
      return tookMs <= Math.max(1, limitMs) + TICK_MS ? [] : [`${what} took ${tookMs} ms of ${limitMs} ms`];
    });
  },
};
