/** How long a call lives: its signal and what is left of its deadline. */
import type { EventEmitter } from 'node:events';
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionRequest } from '../../contracts/messages/decision.ts';

/** The part of a call that says until when it is wanted. */
export type LivingCall = EventEmitter & { cancelled: boolean; getDeadline(): Date | number };

/** Life of one call. */
export interface CallLife {
  /** Aborts when the caller cancels, its connection dies or the deadline passes. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline; infinite without one. */
  remainingMs(): number;
}

/** Watches a call. */
export function lifeOf(call: LivingCall): CallLife {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  if (call.cancelled) gone.abort();
  const deadline = Number(call.getDeadline());
  return { signal: gone.signal, remainingMs: () => deadline - Date.now() };
}

/** Smallest and largest time that a decision can be given, ms (contracts/messages/decision.ts). */
const DECISION_MS = { min: 50, max: 600_000 };

/**
 * The request with what is left of the call's deadline, where that is less than the decision would have had.
 * @throws deadline_exceeded when nothing is left
 */
export function withinDeadline(
  request: DecisionRequest,
  remainingMs: number,
  decisionMs: number,
): DecisionRequest {
  const ownMs = request.deadlineMs ?? decisionMs;
  if (remainingMs >= ownMs) return request;
  if (remainingMs < 1) throw new WitanError('deadline_exceeded', 'the deadline of the call has passed');
  const deadlineMs = Math.min(DECISION_MS.max, Math.max(DECISION_MS.min, Math.floor(remainingMs)));
  return { ...request, deadlineMs };
}

/**
 * The promise, given up when the caller is gone: a pass of the gate is not held for an answer that nobody
 * reads. @throws cancelled
 */
export function whileWanted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onGone = (): void =>
      reject(new WitanError('cancelled', 'the caller is gone; the decision goes on'));
    if (signal.aborted) return onGone();
    signal.addEventListener('abort', onGone, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onGone));
    return undefined;
  });
}
