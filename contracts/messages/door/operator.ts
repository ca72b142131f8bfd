/** What operators see over a wire: actors, dead letters, changes of the tree. */
import { z } from 'zod';

const count = z.int().min(0);
const percentiles = z.strictObject({ p50Ms: z.number().min(0), p99Ms: z.number().min(0) });

/** Snapshot of one actor (RUN-14); times in ms. */
export const ActorView = z.strictObject({
  path: z.string(),
  name: z.string(),
  node: z.string(),
  behavior: z.string(),
  lifecycle: z.enum(['starting', 'idle', 'busy', 'paused', 'suspended', 'restarting', 'stopping', 'stopped']),
  stateName: z.string().optional(),
  mailboxDepth: count,
  mailboxMaxDepth: count,
  mailboxCapacity: count,
  processedCount: count,
  restartCount: count,
  lastError: z
    .strictObject({ message: z.string(), stack: z.string().optional(), atWallMs: z.number() })
    .optional(),
  uptimeMs: z.number(),
  childCount: count,
  watcherCount: count,
  /** Absent unless watched. */
  handling: percentiles.optional(),
  /** How long messages waited, sampled; absent unless watched. */
  waiting: percentiles.optional(),
});
/** See {@link ActorView}. */
export type ActorView = z.infer<typeof ActorView>;

const DeadLetterReason = z.enum([
  'no-such-actor',
  'stopped',
  'mailbox-full',
  'dropped-oldest',
  'expired',
  'late-reply',
  'duplicate',
  'undeliverable',
]);

/** A message that was not handled (RUN-09); its content stays inside the node. */
export const DeadLetterView = z.strictObject({
  sequence: count,
  recipient: z.string(),
  sender: z.string().optional(),
  reason: DeadLetterReason,
  messageType: z.string(),
  atWallMs: z.number(),
});
/** See {@link DeadLetterView}. */
export type DeadLetterView = z.infer<typeof DeadLetterView>;

const path = z.string();

/** Change of the actor tree. */
export const TreeEventView = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('spawned'), path }),
  z.strictObject({ kind: z.literal('stopped'), path, reason: z.string() }),
  z.strictObject({ kind: z.literal('crashed'), path, error: z.string(), decision: z.string() }),
  z.strictObject({ kind: z.literal('restarted'), path, restarts: count }),
  z.strictObject({ kind: z.literal('paused'), path }),
  z.strictObject({ kind: z.literal('resumed'), path }),
  z.strictObject({ kind: z.literal('slow-handler'), path, elapsedMs: z.number() }),
  z.strictObject({ kind: z.literal('dead-letter'), path, reason: DeadLetterReason }),
]);
/** See {@link TreeEventView}. */
export type TreeEventView = z.infer<typeof TreeEventView>;
