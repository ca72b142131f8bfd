/** Sending: tell, ask, forward, stop. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ActorContext } from '../actor.ts';
import { ReplyRef } from './reply-ref.ts';
import { admitParcel } from '../cell/admission.ts';
import type { Context } from '../cell/context.ts';
import type { Core } from '../cell/core.ts';
import { STOPPED } from '../cell/flags.ts';
import { LocalRef } from '../cell/local-ref.ts';
import { failEnded } from './owed-asks.ts';
import { Parcel } from './envelope.ts';
import type { MessageOptions } from './envelope.ts';
import type { ActorRef, AnyRef } from '../ref.ts';
import { Kernel } from '../system.ts';
import type { ActorSystem } from '../system.ts';

/** Sends a message and goes on: never throws, never blocks. Same as `ref.tell`. */
export function dispatch<M>(ref: ActorRef<M>, message: M, sender?: AnyRef): void {
  ref.tell(message, sender);
}

/** Settings of one ask. */
export interface QueryOptions {
  /** Time for the answer, ms; `Infinity` waits for ever. */
  readonly timeoutMs: number;
  /** Abort ends the ask with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Budget, ids, priority, tenant or trace context of the message; its `sender` is the reply address. */
  readonly envelope?: MessageOptions | undefined;
  /** System whose clock counts; needed only for refs that are not local. */
  readonly via?: ActorSystem;
}

/** A ref of another node that takes options with a message, for transports that carry them. */
export interface ParcelRef<M> extends ActorRef<M> {
  tellWith(message: M, options: MessageOptions): void;
}

/**
 * Asks an actor and resolves with its first answer to the `replyTo` in the message (also `ctx.sender`).
 *
 * The asked actor owes the answer: when it stops or crashes, the ask fails at once. One that passes the
 * message on calls {@link forward}, which passes the debt too. Answers after the end are dead letters `late-
 * reply`.
 *
 * @throws deadline_exceeded after `timeoutMs`
 * @throws stopped when the actor has stopped, stops, or never existed
 * @throws crashed when its handler failed; `details.reason` says why
 * @throws mailbox_full at once when the mailbox refuses the message
 * @throws cancelled when `signal` aborts
 * @example
 * const total = await query<Cart, number>(cart, (replyTo) => ({ type: 'total', replyTo }), { timeoutMs: 100
 * });
 */
export function query<M, R>(
  ref: ActorRef<M>,
  makeMessage: (replyTo: ActorRef<R>) => M,
  options: QueryOptions,
): Promise<R> {
  const core = coreOf(ref, options);
  if (core === undefined) return Promise.reject(noSystem());
  const ask = new ReplyRef(core);
  // A closure of its own is cheaper than module variables: those are old objects that would point at new
  // ones.
  const promise = new Promise<R>((resolve, reject) => {
    ask.resolve = resolve as (value: unknown) => void;
    ask.reject = reject;
  });
  try {
    const message = makeMessage(ask as ActorRef<R>);
    if (begin(ask, ref, options)) deliver(ask, ref, { message, options });
  } catch (error) {
    ask.fail('internal', error instanceof Error ? error.message : String(error));
  }
  return promise;
}

function noSystem(): WitanError {
  const message = 'A query to a ref of another node names the system it goes through';
  return new WitanError('invalid_argument', message, { path: 'via' });
}

/** System whose clock an ask runs on. */
export function coreOf(ref: AnyRef, options: QueryOptions): Core | undefined {
  return ref instanceof LocalRef ? ref.cell.core : (options.via as Kernel | undefined);
}

/** Sends the message of an ask that has begun. */
export function deliver<M>(
  ask: ReplyRef,
  ref: ActorRef<M>,
  sent: { readonly message: M; readonly options: QueryOptions },
): void {
  const { message, options } = sent;
  if (options.envelope !== undefined) tellWith(ref, message, { ...options.envelope, sender: ask });
  else ref.tell(message, ask as AnyRef);
}

/**
 * Sets deadline, signal and debtor of an ask before its message goes out; false when it has failed already.
 */
export function begin(ask: ReplyRef, ref: AnyRef, options: QueryOptions): boolean {
  const { timeoutMs, signal } = options;
  if (!(timeoutMs > 0)) {
    ask.fail(timeoutMs <= 0 ? 'deadline_exceeded' : 'invalid_argument', 'An ask needs a positive timeoutMs');
    return false;
  }
  if (signal !== undefined && !listen(ask, signal)) return false;
  if (ref instanceof LocalRef) {
    const cell = ref.cell;
    if ((cell.flags & STOPPED) !== 0) {
      failEnded(ask, cell, cell.extras?.stopReason ?? 'stopped');
      return false;
    }
    ask.owe(cell);
  }
  ask.timeoutMs = timeoutMs;
  if (timeoutMs < Infinity && ask.core.wheel.add(ask)) ask.core.dispatcher.ensureDrain();
  return true;
}

/** Ties an ask to a signal; false when it is aborted already. */
function listen(ask: ReplyRef, signal: AbortSignal): boolean {
  const cancel = (): void => ask.fail('cancelled', 'The asker gave up', { reason: String(signal.reason) });
  if (signal.aborted) {
    cancel();
    return false;
  }
  signal.addEventListener('abort', cancel, { once: true });
  ask.core.releases.set(ask, () => signal.removeEventListener('abort', cancel));
  return true;
}

/** Sends a message with a budget, ids, priority, tenant or trace context; see {@link MessageOptions}. */
export function tellWith<M>(ref: ActorRef<M>, message: M, options: MessageOptions): void {
  if (ref instanceof LocalRef) admitParcel(ref.cell, message, new Parcel(options.sender, options));
  else if ('tellWith' in ref) (ref as ParcelRef<M>).tellWith(message, options);
  else ref.tell(message, options.sender as ActorRef<never> | undefined);
}

/** Options of a message that follows from the current one: same conversation, budget, tenant, trace. */
export function follow(ctx: ActorContext<never>): MessageOptions {
  const { messageId, correlationId, priority, traceparent, tenant, generation } = ctx.envelope;
  return {
    sender: ctx.self as AnyRef,
    budget: ctx.budget,
    correlationId,
    causationId: messageId,
    priority,
    traceparent,
    tenant,
    generation,
  };
}

/** Passes the current message, or another in its stead, on with its sender, envelope and owed answer. */
export function forward<M>(ref: ActorRef<M>, message: M, ctx: ActorContext<never>): void {
  const origin = (ctx as unknown as Context).origin;
  const asker = ctx.sender;
  if (ref instanceof LocalRef && asker instanceof ReplyRef && !asker.settled) {
    if ((ref.cell.flags & STOPPED) === 0) asker.owe(ref.cell);
  }
  if (origin instanceof Parcel) {
    const options = { ...origin.options, sender: asker, messageId: ctx.envelope.messageId };
    tellWith(ref, message, options);
  } else {
    ref.tell(message, asker);
  }
}

/** Stops an actor after its current message, or a whole system; resolves when it is gone. Idempotent. */
export function stop(target: AnyRef | ActorSystem): Promise<void> {
  if (target instanceof Kernel) return target.stop();
  if (target instanceof LocalRef) return (target.cell.core as Kernel).gone(target.cell);
  return Promise.reject(new WitanError('not_supported', 'Only local actors can be stopped by their ref'));
}
