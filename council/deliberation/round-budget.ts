/** How the rounds of a deliberation share its time. */

/** Share of the time that round 1 may take when a second round can follow. */
const ROUND_ONE_SHARE = 0.6;
/** Kept free at the end for tally, journal and answer: 5 %, at most 100 ms. */
const MARGIN_SHARE = 0.05;
const MARGIN_MAX_MS = 100;
/** What an answer may take on its way back: 5 %, at most 25 ms. */
const RETURN_MAX_MS = 25;

/** Shortest round that is worth opening, ms. */
export const MIN_ROUND_MS = 5;

/** Time of one round and of its seats, ms. */
export interface RoundBudget {
  readonly roundMs: number;
  /** What a seat is given: less than the round, so that its answer is back in time. */
  readonly seatMs: number;
}

/**
 * Budget of the round that opens now. A round that ends early leaves its time to the next.
 *
 * @param remainingMs what is left of the whole deliberation
 */
export function roundBudget(remainingMs: number, round: number, maxRounds: number): RoundBudget {
  const usableMs = Math.max(0, remainingMs - Math.min(MARGIN_MAX_MS, remainingMs * MARGIN_SHARE));
  const roundMs = round < maxRounds ? usableMs * ROUND_ONE_SHARE : usableMs;
  return { roundMs, seatMs: roundMs - Math.min(RETURN_MAX_MS, roundMs * MARGIN_SHARE) };
}
