/** Asks with a time-out for each attempt, repeated only where the receiver can tell a repetition. */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import { query } from '../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem, QueryOptions } from '../../runtime/kernel/index.ts';
import { pause } from '../../supervisors/pause.ts';
import type { NodeRemoting } from './start-remoting.ts';

/** Settings of one ask that may be repeated. */
export interface AskAgainOptions extends Omit<QueryOptions, 'via'> {
  readonly system: ActorSystem;
  readonly remoting: NodeRemoting;
  /** Time for one attempt, ms; the total is `timeoutMs`. Default: all that is left. */
  readonly attemptMs?: number;
  /** Message id of every attempt: the receiver answers a repetition without working twice. */
  readonly idempotencyId?: string;
  /** Fails at once when the node is in that condition or a worse one (default: it is asked in any case). */
  readonly failFastWhen?: 'slow' | 'silent';
}

const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 1_000;
/** Failures after which the same ask can succeed: the work did not begin, or is told by its id. */
const AGAIN = new Set(['unavailable', 'deadline_exceeded', 'overloaded', 'mailbox_full']);

/**
 * Asks an actor of any node; without an `idempotencyId` exactly one attempt is made.
 *
 * Pauses between attempts double from 25 ms to 1 s, with jitter from the system's chance, within `timeoutMs`.
 *
 * @throws deadline_exceeded after `timeoutMs`; else the code of the last attempt
 * @throws unavailable at once for a node that is in the condition of `failFastWhen`
 */
export async function askAgain<M, R>(
  ref: ActorRef<M>,
  makeMessage: (replyTo: ActorRef<R>) => M,
  options: AskAgainOptions,
): Promise<R> {
  const { system, remoting, timeoutMs, attemptMs = Infinity, idempotencyId, signal, failFastWhen } = options;
  const { clock } = system;
  const endMs = clock.monotonicMs() + timeoutMs;
  const envelope =
    idempotencyId === undefined ? options.envelope : { ...options.envelope, messageId: idempotencyId };
  for (let attempt = 0; ; attempt += 1) {
    const leftMs = endMs - clock.monotonicMs();
    assertWell(remoting, ref.node, failFastWhen);
    try {
      const timeLimit = { timeoutMs: Math.min(attemptMs, leftMs), signal, envelope, via: system };
      return await query<M, R>(ref, makeMessage, timeLimit);
    } catch (error) {
      const typed = toWitanError(error);
      const pauseMs =
        Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + system.random.next() / 2);
      const isOver = clock.monotonicMs() + pauseMs >= endMs;
      if (idempotencyId === undefined || isOver || !AGAIN.has(typed.code)) throw typed;
      await pause(clock, pauseMs, signal);
      if (signal?.aborted) {
        throw new WitanError('cancelled', 'The asker gave up', { reason: String(signal.reason) });
      }
    }
  }
}

/** @throws unavailable for a node in that condition or a worse one */
function assertWell(remoting: NodeRemoting, node: string, worst: 'slow' | 'silent' | undefined): void {
  if (worst === undefined) return;
  const condition = remoting.condition(node);
  if (condition !== 'silent' && (condition !== 'slow' || worst !== 'slow')) return;
  throw new WitanError('unavailable', `The node ${node} is ${condition}`, { node, condition });
}
