/** Headers of messages, as JSON schemas of the AsyncAPI document. */
import { NATS_HEADERS, NATS_MEDIA_TYPES } from '../../../../contracts/nats-headers.ts';

type JsonObject = Record<string, unknown>;

const text = (description: string, more: JsonObject = {}): JsonObject => ({
  type: 'string',
  description,
  ...more,
});
const digits = (description: string): JsonObject => text(description, { pattern: '^[0-9]+$' });
const object = (properties: JsonObject): JsonObject => ({ type: 'object', properties });

const H = NATS_HEADERS;
const contentType = text('Form of the payload.', { enum: [...NATS_MEDIA_TYPES] });
const rate = {
  [H.rateLimit]: digits('Requests in the window that ends first.'),
  [H.rateRemaining]: digits('Requests left in it.'),
  [H.rateResetMs]: digits('Milliseconds until it starts anew.'),
};

/** Schemas of headers by name. */
export const HEADER_SCHEMAS: JsonObject = {
  RequestHeaders: object({
    [H.apiKey]: text('API key of the caller.'),
    [H.authorization]: text('Token of the caller.', { pattern: '^Bearer .+$' }),
    [H.deadlineMs]: digits('Remaining time, ms; the answer comes within it or is deadline_exceeded.'),
    [H.idempotencyKey]: text('Same key, same payload: same decision.', { maxLength: 200 }),
    [H.messageId]: text('Stands for the idempotency key where that is absent.', { maxLength: 200 }),
    [H.prefer]: text('Answer when the decision is accepted.', { enum: ['respond-async'] }),
    [H.contentType]: contentType,
    [H.accept]: text('Form of the answer; absent: that of the request.', { enum: [...NATS_MEDIA_TYPES] }),
    [H.traceparent]: text('W3C trace context.'),
  }),
  ReplyHeaders: object({ [H.contentType]: contentType, ...rate }),
  ErrorHeaders: {
    ...object({
      [H.contentType]: contentType,
      [H.errorStatus]: digits('HTTP status of the code.'),
      [H.error]: text('Code of the error, see Error.'),
    }),
    required: [H.errorStatus, H.error],
  },
  FrameHeaders: {
    ...object({
      [H.contentType]: contentType,
      [H.frame]: text('What the message is.', {
        enum: ['open', 'event', 'snapshot', 'work', 'cancel', 'gap', 'heartbeat', 'end'],
      }),
      [H.frameSequence]: digits('Number of the message in the stream, from 1 without gaps.'),
      [H.sequence]: digits('Sequence of the event in its decision; follow again after it.'),
      [H.errorStatus]: digits('Of an end with an error: HTTP status of the code.'),
      [H.error]: text('Of an end with an error: its code.'),
    }),
    required: [H.frame, H.frameSequence],
  },
  EventHeaders: object({
    [H.contentType]: contentType,
    [H.sequence]: digits('Sequence of the event in its decision.'),
    [H.messageId]: text('Decision and sequence: the same event twice has it twice.'),
  }),
};

const reference = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

/** Of requests. */
export const REQUEST_HEADERS = reference('RequestHeaders');
/** Of answers. */
export const REPLY_HEADERS = reference('ReplyHeaders');
/** Of messages of a stream. */
export const FRAME_HEADERS = reference('FrameHeaders');
/** Of published events. */
export const EVENT_HEADERS = reference('EventHeaders');
