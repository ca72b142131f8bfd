/** What becomes of a message that was not handled: again after a while, or a dead letter with its reason. */
import type { ErrorCode, WitanError } from '../../contracts/errors.ts';
import type { Random } from '../../runtime/kernel/clock.ts';
import { backoffDelayMs } from '../../supervisors/backoff.ts';

/** When a message is delivered again, and how often. */
export interface RedeliveryTerms {
  /** Deliveries after which a message is a dead letter. */
  readonly maxDeliveries: number;
  /** Delay after the first delivery; it doubles. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Sixteen deliveries take some nine minutes: longer than a node needs to be replaced. */
export const REDELIVERY: RedeliveryTerms = { maxDeliveries: 16, firstMs: 500, maxMs: 60_000 };

/** What to do with an item. */
export type Outcome =
  { readonly type: 'again'; readonly delayMs: number } | { readonly type: 'dead'; readonly reason: string };

/**
 * Codes that say something of the message itself: it would fail the same way everywhere, always. What is not
 * found may only be late: copies of the record follow its writer.
 */
const OF_THE_MESSAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_argument',
  'bad_encoding',
  'too_large',
  'too_deep',
  'unknown_field',
  'bad_signature',
  'permission_denied',
  'verification_failed',
]);

/** Outcome of delivery `deliveryCount` (1: the first) that failed with `error`. */
export function outcomeOf(
  error: WitanError,
  deliveryCount: number,
  { terms, random }: { readonly terms: RedeliveryTerms; readonly random: Random },
): Outcome {
  const reason = `${error.code}: ${error.message}`;
  if (OF_THE_MESSAGE.has(error.code)) return { type: 'dead', reason };
  if (deliveryCount >= terms.maxDeliveries) {
    return { type: 'dead', reason: `${reason} (after ${deliveryCount} deliveries)` };
  }
  const { firstMs, maxMs } = terms;
  return { type: 'again', delayMs: Math.ceil(backoffDelayMs(deliveryCount - 1, random, { firstMs, maxMs })) };
}
