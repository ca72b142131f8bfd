/** Repeats work that may be repeated, until it succeeds, the budget ends, or trying again makes no sense. */
import { toWitanError, WitanError } from '../contracts/errors.ts';
import type { Budget } from '../runtime/kernel/actor.ts';
import type { Clock, Random } from '../runtime/kernel/clock.ts';
import { pause } from './pause.ts';
import { backoffDelayMs } from './backoff.ts';
import type { BackoffOptions } from './backoff.ts';

/** Settings of {@link retry}. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether doing the work twice is the same as doing it once. False: one attempt and no more. */
  readonly isIdempotent: boolean;
  /** Time for all attempts and the waits between them; its abort ends the wait. */
  readonly budget: Budget;
  /** Attempts in all (default 3). */
  readonly maxAttempts?: number;
  readonly backoff?: BackoffOptions;
  /** Told before each wait. */
  readonly onRetry?: (failure: { attempt: number; delayMs: number; error: WitanError }) => void;
}

/**
 * Runs `work(attempt)`, attempt from 1, until it resolves.
 *
 * Only errors with `retryable` are tried again, after the back-off or the error's own `retryAfterMs`,
 * whichever is longer. When the budget does not reach that far, the last error is thrown at once instead of
 * waiting for the end.
 * @throws the last error, as a WitanError; the abort's reason when the budget ended during a wait
 */
export async function retry<T>(work: (attempt: number) => T | Promise<T>, options: RetryOptions): Promise<T> {
  const { budget, isIdempotent, maxAttempts = 3 } = options;
  for (let attempt = 1; ; attempt++) {
    if (budget.signal.aborted) throw abortError(budget.signal);
    try {
      return await work(attempt);
    } catch (thrown) {
      const error = toWitanError(thrown);
      if (!isIdempotent || !error.retryable || attempt >= maxAttempts) throw error;
      const backoffMs = backoffDelayMs(attempt - 1, options.random, options.backoff);
      const delayMs = Math.max(backoffMs, error.details.retryAfterMs ?? 0);
      if (delayMs >= budget.remainingMs()) throw error;
      options.onRetry?.({ attempt, delayMs, error });
      await pause(options.clock, delayMs, budget.signal);
    }
  }
}

function abortError(signal: AbortSignal): WitanError {
  if (signal.reason instanceof WitanError) return signal.reason;
  return new WitanError('cancelled', 'the caller gave the work up', {}, signal.reason);
}
