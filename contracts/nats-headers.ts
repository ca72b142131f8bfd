/** Names of the headers at the NATS door, for both sides of the wire. */

/** Headers of requests, answers and messages of a stream. */
export const NATS_HEADERS = {
  /** `Bearer` and a token. */
  authorization: 'Witan-Authorization',
  apiKey: 'Witan-Api-Key',
  /** Remaining time when the request was sent, ms. */
  deadlineMs: 'Witan-Deadline-Ms',
  /** Same key, same payload: same decision. `Nats-Msg-Id` stands for it where it is absent. */
  idempotencyKey: 'Witan-Idempotency-Key',
  messageId: 'Nats-Msg-Id',
  /** `respond-async`: the answer comes when the decision is accepted, not when it is decided. */
  prefer: 'Witan-Prefer',
  contentType: 'Content-Type',
  /** Form of the answer; absent: that of the request. */
  accept: 'Accept',
  traceparent: 'traceparent',
  /** Code of an error as the services of NATS have it: the HTTP status of ours. */
  errorStatus: 'Nats-Service-Error-Code',
  /** Our code of an error, and its message. */
  error: 'Nats-Service-Error',
  /** What a message of a stream is: `open`, `event`, `snapshot`, `work`, `cancel`, `gap`, `heartbeat`, `end`. */
  frame: 'Witan-Frame',
  /** Number of a message in its stream, from 1 without gaps. */
  frameSequence: 'Witan-Frame-Sequence',
  /** Sequence of an event in its decision's stream. */
  sequence: 'Witan-Sequence',
  /** Requests left in the window that ends first, of how many, and when it ends. */
  rateLimit: 'RateLimit-Limit',
  rateRemaining: 'RateLimit-Remaining',
  rateResetMs: 'RateLimit-Reset-Ms',
} as const;

/** Media types that the door speaks. */
export const NATS_MEDIA_TYPES = ['application/json', 'application/x-protobuf'] as const;

/** One of {@link NATS_MEDIA_TYPES}. */
export type NatsMediaType = (typeof NATS_MEDIA_TYPES)[number];
