/** Time of an operation that is several requests, and asking again while a stream has no leader. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';

/** Gives the time that is left, ms. @throws unavailable when none is */
export type TimeLeft = () => number;

/** Starts the time of one operation. */
export function timeLeft(clock: Clock, totalMs: number): TimeLeft {
  const endMs = clock.monotonicMs() + totalMs;
  return () => {
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs > 0) return leftMs;
    throw new WitanError('unavailable', `JetStream gave no outcome within ${totalMs} ms`);
  };
}

/** How long to insist. */
export interface InsistOptions {
  readonly clock: Clock;
  readonly left: TimeLeft;
  /** Time of one attempt, ms: a stream without a leader says nothing, the next attempt meets the new one. */
  readonly attemptMs: number;
  /** True: no further attempt. */
  isOver(): boolean;
}

const PAUSE_MIN_MS = 25;
const PAUSE_MAX_MS = 400;

/**
 * Attempts until the outcome is known. `attempt` is given its time and how many were made before it, and must
 * be one that may be made twice.
 * @throws unavailable (no outcome within the time), and what an attempt fails with
 */
export async function insist<T>(
  options: InsistOptions,
  attempt: (timeoutMs: number, attemptCount: number) => Promise<T>,
): Promise<T> {
  const { clock, left, attemptMs } = options;
  let pauseMs = PAUSE_MIN_MS;
  for (let count = 0; ; count += 1) {
    try {
      return await attempt(Math.min(attemptMs, left()), count);
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'unavailable' || options.isOver()) throw error;
    }
    const waitMs = Math.min(pauseMs, left());
    await new Promise<void>((resolve) => void clock.setTimer(waitMs, resolve));
    pauseMs = Math.min(PAUSE_MAX_MS, pauseMs * 2);
  }
}
