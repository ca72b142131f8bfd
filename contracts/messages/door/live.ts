/**
 * Messages of the live WebSocket (`/api/v1/live`), one JSON text a message.
 *
 * A client subscribes to a *feed*: one decision, or all decisions of its tenant. It gets a snapshot with a
 * sequence, then the events after it, and may come back with `since`. A client that falls behind gets a new
 * snapshot in place of what it missed.
 */
import { z } from 'zod';
import { ERROR_CODES } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { DecisionView } from '../decision-view.ts';
import { DecisionEvent } from '../events.ts';
import { BasisPoints, DecisionId } from '../ids.ts';
import { HeldReason, Outcome } from '../verdict.ts';

/** Sub-protocols of the socket, the preferred one first; a browser adds `bearer.<token>` as another one. */
export const LIVE_PROTOCOLS = ['witan.v1', 'witan'] as const;

/** Limits of one connection; the same at every node. */
export const LIVE_LIMITS = {
  /** Bytes of one message of the client. */
  requestBytes: 4_096,
  subscriptionCount: 16,
  /** Frames of events a second. */
  framesPerSecond: 20,
} as const;

/** Close code of a connection that an error ends: 4000 and the error's HTTP status (4401, 4403, 4503). */
export function liveCloseCode(code: ErrorCode): number {
  return 4_000 + ERROR_CODES[code].httpStatus;
}

/** Name of a feed; it changes when its sequences start anew. */
export const FeedId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'letters, digits, -, at most 64');

/** What a client may send. */
export const LiveRequest = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    /** Absent: all decisions of the tenant. */
    decisionId: DecisionId.optional(),
    /** Sequence that the client has already seen, with the feed that it was of. */
    since: z.int().min(0).max(1e12).optional(),
    feed: FeedId.optional(),
  }),
  z.strictObject({ type: z.literal('unsubscribe'), feed: FeedId }),
]);
/** See {@link LiveRequest}. */
export type LiveRequest = z.infer<typeof LiveRequest>;

/** A decision in the snapshot of a tenant. */
export const LiveDecision = z.strictObject({
  decisionId: DecisionId,
  decisionType: z.string().nullable(),
  /** Sequence of its newest event; 0: known from the record alone. */
  sequence: z.int().min(0),
  round: z.int().min(0),
  ballotCount: z.int().min(0),
  valueBp: BasisPoints.nullable(),
  outcome: Outcome.nullable(),
  heldReason: HeldReason.nullable(),
});
/** See {@link LiveDecision}. */
export type LiveDecision = z.infer<typeof LiveDecision>;

const sequence = z.int().min(0);

/** What a node sends. */
export const LiveMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    version: z.literal(1),
    framesPerSecond: z.int().min(1),
    heartbeatMs: z.int().min(1),
    subscriptionMaxCount: z.int().min(1),
  }),
  z.strictObject({
    type: z.literal('snapshot'),
    feed: FeedId,
    /** Null: all decisions of the tenant. */
    decisionId: DecisionId.nullable(),
    sequence,
    /** Events of the decision that still matter: folding them gives the picture at `sequence`. */
    events: z.array(DecisionEvent),
    /** The decision as recorded, when its stream has left memory. */
    view: DecisionView.nullable(),
    /** Newest decisions of the tenant; empty in the feed of one decision. */
    decisions: z.array(LiveDecision),
  }),
  z.strictObject({ type: z.literal('resumed'), feed: FeedId, decisionId: DecisionId.nullable(), sequence }),
  z.strictObject({
    type: z.literal('events'),
    feed: FeedId,
    /** Sequences of the first and the last event in this feed. */
    from: sequence,
    to: sequence,
    events: z.array(DecisionEvent),
  }),
  z.strictObject({ type: z.literal('end'), feed: FeedId, reason: z.enum(['complete', 'unsubscribed']) }),
  z.strictObject({
    type: z.literal('error'),
    /** Decision that was asked for; null: none. */
    decisionId: DecisionId.nullable(),
    error: z.strictObject({
      code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      retryable: z.boolean(),
      details: z.looseObject({}),
    }),
  }),
]);
/** See {@link LiveMessage}. */
export type LiveMessage = z.infer<typeof LiveMessage>;
