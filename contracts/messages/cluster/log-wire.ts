/** What nodes of a cluster say to each other about a replicated log; frames and entries follow as bytes. */
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../../errors.ts';
import { LogCopyId } from './log-cell.ts';
import { NodeName } from './member.ts';

const count = z.int().min(0);
const root = z.string().regex(/^[0-9a-f]{64}$/);
const generation = z.int().min(1);
const chainHash = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** A signed head of the log. */
export const WireCheckpoint = z.object({ logId: z.string(), size: count, root, chainHash, note: z.string() });

/** Writer to follower, nobody answers. `frames`: as they were written; `mark`: how far everything is. */
export const LogPush = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('frames'),
    generation,
    writer: NodeName,
    firstIndex: count,
    count,
    root: root.optional(),
    committed: count,
  }),
  z.object({
    type: z.literal('mark'),
    generation,
    writer: NodeName,
    size: count,
    committed: count,
    head: WireCheckpoint.optional(),
  }),
  /** Follower to writer: what is on its disk. Not aligned: it does not know how its log stands to the writer's. */
  z.object({
    type: z.literal('ack'),
    generation: count,
    node: NodeName,
    copy: LogCopyId,
    size: count,
    isAligned: z.boolean(),
  }),
]);
/** See {@link LogPush}. */
export type LogPush = z.infer<typeof LogPush>;

/** Questions, each of which is answered by a {@link LogReply}. */
export const LogAsk = z.discriminatedUnion('type', [
  /** A writer begins with a follower. */
  z.object({
    type: z.literal('hello'),
    generation,
    writer: NodeName,
    /** The copy of that node that is in the set; absent: none is. */
    member: LogCopyId.optional(),
    cell: z.object({ size: count, root }),
  }),
  z.object({ type: z.literal('root'), generation, size: count }),
  /** Cut what follows; from now on the log is the beginning of the writer's. */
  z.object({ type: z.literal('cut'), generation, size: count, root }),
  z.object({ type: z.literal('pull'), generation, from: count }),
  /** Entries follow as a JSON array. */
  z.object({
    type: z.literal('append'),
    generation: count.optional(),
    inSync: z.array(z.string()).optional(),
  }),
  /** How many entries are acknowledged, by this writer or one before it. */
  z.object({ type: z.literal('committed') }),
  z.object({ type: z.literal('by-decision'), decisionId: z.string() }),
  z.object({ type: z.literal('read'), from: count, most: count }),
  z.object({ type: z.literal('checkpoint') }),
  z.object({ type: z.literal('proof'), index: count }),
  z.object({ type: z.literal('inclusion'), index: z.number(), size: z.number() }),
  z.object({ type: z.literal('consistency'), fromSize: z.number(), toSize: z.number() }),
  z.object({ type: z.literal('tile'), level: z.number(), index: z.number(), width: z.number() }),
]);
/** See {@link LogAsk}. */
export type LogAsk = z.infer<typeof LogAsk>;

/** What every answer to a reader says: how much is acknowledged, under this generation at most. */
export const WireCommitted = z.object({ committed: count, generation: count });

/** An error as it crosses nodes. */
export const WireError = z.object({
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});

/** An entry as it crosses nodes: what it says follows from its text. */
export const WireEntry = z.object({ canonical: z.string(), leafHash: z.string(), chainHash: z.string() });
/** See {@link WireEntry}. */
export type WireEntry = z.infer<typeof WireEntry>;

/** What one entry of an `append` became. */
export const WireReceipt = z.union([
  z.object({ index: count, leafHash: z.string(), appended: z.boolean(), entry: WireEntry }),
  z.object({ error: WireError }),
]);
/** See {@link WireReceipt}. */
export type WireReceipt = z.infer<typeof WireReceipt>;

/** Answer of a follower to `hello`. */
export const WireHello = z.object({
  copy: LogCopyId,
  size: count,
  root,
  /** Entries under the newest signed head that it keeps. */
  sealedSize: count,
  /** What its host says of itself, for the host of the writer. */
  introduction: z.json().optional(),
});
/** See {@link WireHello}. */
export type WireHello = z.infer<typeof WireHello>;
