/** Following decisions: connects again after a break and goes on after the last event that was given. */
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { Caller } from './caller.ts';
import { pause } from './client-clock.ts';
import type { WireItem } from './wire.ts';

/** What to follow and until when. */
export interface WatchOptions {
  /** Sequence after which to begin (default 0, everything that is still held). */
  readonly afterSequence?: number;
  /** `final` (default for one decision): ends with the verdict. `signal`: goes on until the caller stops. */
  readonly until?: 'final' | 'signal';
  readonly signal?: AbortSignal;
  /** Connections in a row without an event after which it fails (default 20). */
  readonly reconnectMaxCount?: number;
}

/** Longest time of one connection, ms: a timer's upper bound. */
const CONNECTION_MS = 2_147_483_647;

/**
 * Items in order, none twice. A `gap` tells what this follower has missed.
 * @throws WitanError that is not worth a retry, or the last one when it never succeeds; `cancelled` on abort
 */
export async function* watch(
  caller: Caller,
  decisionId: DecisionId | null,
  options: WatchOptions = {},
): AsyncGenerator<WireItem> {
  const abort = new AbortController();
  const onAbort = (): void =>
    abort.abort(new WitanError('cancelled', 'the caller stopped', {}, options.signal?.reason));
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const untilFinal = (options.until ?? (decisionId === null ? 'signal' : 'final')) === 'final';
  let afterSequence = options.afterSequence ?? 0;
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        for await (const item of connectOnce(caller, { decisionId, afterSequence }, abort.signal)) {
          const isOld = decisionId !== null && item.kind === 'event' && item.event.sequence <= afterSequence;
          if (isOld) continue;
          attempt = 0;
          if (decisionId !== null) afterSequence = positionAfter(item, afterSequence);
          yield item;
          if (untilFinal && isFinal(item)) return;
        }
        // The node ended the stream: it stops, or everything has been said.
        if (decisionId !== null && (await isOver(caller, decisionId, abort.signal))) return;
      } catch (thrown) {
        const error = abort.signal.aborted ? (abort.signal.reason as WitanError) : toWitanError(thrown);
        if (!error.retryable || attempt >= (options.reconnectMaxCount ?? 20)) throw error;
      }
      await waitToReconnect(caller, attempt, abort.signal);
    }
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    abort.abort(new WitanError('cancelled', 'nobody reads on'));
  }
}

async function* connectOnce(
  caller: Caller,
  of: { decisionId: DecisionId | null; afterSequence: number },
  signal: AbortSignal,
): AsyncGenerator<WireItem> {
  const { wire, tokens } = caller.parts;
  for (let isRefreshed = false; ; isRefreshed = true) {
    const credential = await tokens.current();
    try {
      yield* wire.follow(of, { credential, timeoutMs: CONNECTION_MS, signal });
      return;
    } catch (thrown) {
      const { code, details } = toWitanError(thrown);
      // A token that ended while the stream was open was right before: the next one gets its own chance.
      if (details['wasAdmitted'] === true) isRefreshed = false;
      const isRefused = code === 'unauthenticated';
      if (!isRefused || isRefreshed || !tokens.refused(credential)) throw thrown;
    }
  }
}

async function waitToReconnect(caller: Caller, attempt: number, signal: AbortSignal): Promise<void> {
  const { clock, onNotice } = caller.parts;
  const delayMs = caller.delayMs(attempt, new WitanError('unavailable', 'the stream ended'));
  onNotice({ kind: 'reconnecting', operation: 'decision.follow', attempt: attempt + 1, delayMs });
  await pause(clock, delayMs, signal);
}

async function isOver(caller: Caller, decisionId: DecisionId, signal: AbortSignal): Promise<boolean> {
  const { state } = await caller.call('decision.read', { decisionId }, { signal });
  return state === 'final';
}

function positionAfter(item: WireItem, before: number): number {
  if (item.kind === 'event') return item.event.sequence;
  return item.kind === 'gap' ? Math.max(before, item.resumeAfter) : before;
}

function isFinal(item: WireItem): boolean {
  return item.kind === 'event'
    ? item.event.type === 'final'
    : item.kind === 'snapshot' && item.view.state === 'final';
}
