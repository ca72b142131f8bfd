/** The actor that a durable message is for, asked until it says that the message took effect. */
import type { DurableEnvelope, DurableReply } from '../../contracts/messages/cluster/durable.ts';
import { query } from '../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../runtime/kernel/index.ts';

/** A durable message in the mailbox of its receiver. */
export interface DurableDelivery {
  readonly type: 'durable';
  readonly id: string;
  readonly to: string;
  readonly message: unknown;
  readonly schemaVersion: number;
  /** 1 at the first. */
  readonly deliveryCount: number;
  readonly replyTo: ActorRef<DurableReply>;
}

/** How one delivery is asked. */
export interface AskReceiver<M> {
  readonly system: ActorSystem;
  readonly timeoutMs: number;
  /** Message that the receiver understands; default: a {@link DurableDelivery}. */
  readonly make?: (replyTo: ActorRef<DurableReply>) => M;
}

/**
 * Resolves when the receiver said `handled`; an actor that dies meanwhile fails it at once, wherever it is.
 *
 * @throws what the receiver answered; stopped, crashed, unavailable or deadline_exceeded without an answer
 */
export async function askReceiver<M = DurableDelivery>(
  receiver: ActorRef<M>,
  { envelope, deliveryCount }: { readonly envelope: DurableEnvelope; readonly deliveryCount: number },
  { system, timeoutMs, make }: AskReceiver<M>,
): Promise<{ readonly isRepeat: boolean }> {
  const { id, to, message, schemaVersion, tenant, traceparent } = envelope;
  const delivery = (replyTo: ActorRef<DurableReply>): M =>
    make?.(replyTo) ??
    ({
      type: 'durable',
      id,
      to,
      message,
      schemaVersion,
      deliveryCount,
      replyTo,
    } satisfies DurableDelivery as M);
  const about = { messageId: id, schemaVersion, tenant, traceparent };
  const options = { timeoutMs, via: system, envelope: about };
  const reply = await query<M, DurableReply>(receiver, delivery, options);
  if (reply.type === 'failed') throw reply.error;
  return { isRepeat: reply.isRepeat };
}
