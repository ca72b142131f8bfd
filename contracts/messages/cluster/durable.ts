/** A message that must survive the node that sends it and the one that handles it, as it waits in a queue. */
import { z } from 'zod';
import type { WitanError } from '../../errors.ts';
import { NodeName } from './member.ts';

/** Names a message for ever: whoever sends it again sends the same id. */
export const DurableId = z.string().min(1).max(200);

/** Value of an item of a durable queue. A node ignores fields that it does not know. */
export const DurableEnvelope = z.object({
  format: z.literal('witan-durable/1'),
  id: DurableId,
  /** Receiver, as its kind names it: an entity, a decision. */
  to: z.string().min(1).max(400),
  from: NodeName,
  sentAtWallMs: z.number().min(0),
  /** Version of the shape of `message`. */
  schemaVersion: z.int().min(1),
  tenant: z.string().max(200).optional(),
  /** W3C trace context of the sender. */
  traceparent: z.string().max(200).optional(),
  message: z.json(),
});
/** See {@link DurableEnvelope}. */
export type DurableEnvelope = z.infer<typeof DurableEnvelope>;

/** Answer of a receiver; without one a message comes again. */
export type DurableReply =
  /** It took effect, now or before, and the receiver owns what it handled it for. */
  | { readonly type: 'handled'; readonly isRepeat: boolean }
  | { readonly type: 'failed'; readonly error: WitanError };
