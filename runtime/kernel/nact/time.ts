/** nact's units of time and count, in milliseconds and messages. */

/** One millisecond. */
export const millisecond = 1;
/** One millisecond. */
export const milliseconds = millisecond;
/** 1,000 ms. */
export const second = 1_000 * millisecond;
/** 1,000 ms. */
export const seconds = second;
/** 60,000 ms. */
export const minute = 60 * second;
/** 60,000 ms. */
export const minutes = minute;
/** 3,600,000 ms. */
export const hour = 60 * minute;
/** 3,600,000 ms. */
export const hours = hour;
/** One message, for `snapshotEvery`. */
export const message = 1;
/** One message, for `snapshotEvery`. */
export const messages = message;

const LONGEST_TIMER_MS = 2_147_483_647;

/** A duration that a timer can take: whole ms, at most about 24.8 days. */
export function safeTimeoutMs(durationMs: number): number {
  return Math.min(LONGEST_TIMER_MS, Math.max(0, Math.trunc(durationMs) || 0));
}
