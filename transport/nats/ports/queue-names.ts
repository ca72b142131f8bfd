/** Names of a work queue on the server, and the terms of its items. */
import { WitanError } from '../../../contracts/errors.ts';
import { encodeToken, subjectDigest } from '../link/subject-form.ts';

/** Name of the one durable consumer of each queue. */
export const CONSUMER = 'workers';

/** Headers of stored items; values are percent-encoded, because an id or a reason may be any text. */
export const ITEM_HEADERS = {
  id: 'Witan-Item-Id',
  reason: 'Witan-Poison-Reason',
  deliveryCount: 'Witan-Delivery-Count',
} as const;

/** What holds for each item of a queue. */
export interface QueueTerms {
  readonly ackWaitMs: number;
  readonly maxDeliveries: number;
  readonly capacity: number;
}

/** See `WorkQueueOptions`. */
export const QUEUE_DEFAULTS: QueueTerms = { ackWaitMs: 30_000, maxDeliveries: 5, capacity: 10_000 };

/** Streams and subjects of one queue. */
export interface QueueNames {
  readonly stream: string;
  readonly subject: string;
  readonly poisonStream: string;
  readonly poisonPrefix: string;
  /** Where a poison item stands; its id is hashed, for it may hold a user's text. */
  poisonSubject(id: string): string;
}

/** Names of a queue. @throws invalid_argument */
export function queueNames(queue: string): QueueNames {
  if (!/^[A-Za-z0-9._/:-]{1,100}$/.test(queue)) {
    throw new WitanError('invalid_argument', 'not the name of a queue', {
      path: 'queue',
      expected: 'letters, digits and . _ / : -',
    });
  }
  const token = encodeToken(queue).replaceAll('/', '=2F');
  const poisonPrefix = `witan-poison.${token}.`;
  return {
    stream: `WORK_${token}`,
    subject: `witan-work.${token}`,
    poisonStream: `POISON_${token}`,
    poisonPrefix,
    poisonSubject: (id) => poisonPrefix + subjectDigest(id),
  };
}
