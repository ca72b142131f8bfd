/** What door and client of a stream over NATS say to each other beside the events themselves. */
import { z } from 'zod';
import { Ballot } from '../ballot.ts';
import { DecisionId } from '../ids.ts';

/** Messages that a client may ask for at once. */
export const STREAM_CREDIT_MAX = 10_000;

const credit = z.int().min(1).max(STREAM_CREDIT_MAX);

/** Field of every request that opens a stream: messages that may be sent before the client gives more. */
export const StreamCredit = z.strictObject({ credit: credit.default(64) });

/** First message of a stream; it and heartbeats need no credit. */
export const StreamOpened = z.strictObject({
  streamId: z.string().regex(/^[0-9a-f]{32}$/),
  /** A heartbeat comes when nothing else was sent for this long, ms. */
  heartbeatMs: z.int().min(1),
  /** The door ends the stream when it hears nothing on the control subject for this long, ms. */
  idleMs: z.int().min(1),
  credit,
});
/** See {@link StreamOpened}. */
export type StreamOpened = z.infer<typeof StreamOpened>;

/** Messages that the client did not get, because it was slow or they are no longer held. */
export const StreamGap = z.strictObject({
  droppedCount: z.int().min(0),
  /** Last sequence that is lost; 0 where the stream is not of one decision. */
  resumeAfter: z.int().min(0),
});
/** See {@link StreamGap}. */
export type StreamGap = z.infer<typeof StreamGap>;

/** What a client publishes on the control subject of its stream. */
export const StreamControl = z.discriminatedUnion('type', [
  /** So many more messages may be sent. */
  z.strictObject({ type: z.literal('credit'), count: credit }),
  /** The client is there. */
  z.strictObject({ type: z.literal('alive') }),
  /** The client wants no more. */
  z.strictObject({ type: z.literal('cancel') }),
  /** A ballot of an outside agent; sent as a request, answered with `{}` or an error. */
  z.strictObject({ type: z.literal('ballot'), ballot: Ballot }),
  /** The agent does not vote on this. */
  z.strictObject({ type: z.literal('decline'), decisionId: DecisionId, detail: z.string().max(500) }),
]);
/** See {@link StreamControl}. */
export type StreamControl = z.infer<typeof StreamControl>;
