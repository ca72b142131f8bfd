/** What the outbox of one chain holds: each step that was taken, in the order in which it became true. */
import { z } from 'zod';

const Wei = z.string().regex(/^\d+$/);
const Hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const Root = z.string().regex(/^[0-9a-f]{64}$/);
const Size = z.int().min(1);

/** A head of one log that is to be anchored, with its signed checkpoint. */
export const QueuedHead = z.strictObject({
  logId: Hash,
  origin: z.string(),
  size: Size,
  root: Root,
  /** C2SP signed note of that very head. */
  note: z.string(),
});
/** See {@link QueuedHead}. */
export type QueuedHead = z.infer<typeof QueuedHead>;

/** A head with the root that stood on the chain when its transaction was signed. */
export const AnchorStepRecord = QueuedHead.extend({ prevRoot: Root });
/** See {@link AnchorStepRecord}. */
export type AnchorStepRecord = z.infer<typeof AnchorStepRecord>;

/** A transaction as it was signed; the very bytes are sent, and sent again. */
export const SignedTransaction = z.strictObject({
  raw: z.string(),
  hash: Hash,
  gasLimit: Wei,
  maxFeeWei: Wei,
  tipWei: Wei,
});
/** See {@link SignedTransaction}. */
export type SignedTransaction = z.infer<typeof SignedTransaction>;

/** Where a transaction was found. */
export const AnchorPlace = z.strictObject({
  hash: Hash,
  blockHash: Hash,
  blockNumber: z.int().min(0),
  costWei: Wei,
  /** Day in UTC on which it was seen (2026-11-21). */
  day: z.string(),
});
/** See {@link AnchorPlace}. */
export type AnchorPlace = z.infer<typeof AnchorPlace>;

/** How far one transaction is. `signed` is on the disk and perhaps sent, `sent` was taken by the chain once. */
export const RecordState = z.enum(['signed', 'sent', 'mined', 'safe', 'final']);
/** See {@link RecordState}. */
export type RecordState = z.infer<typeof RecordState>;

/** One nonce and what it is used for: always the same steps, whatever fee is offered. */
export const AnchorRecord = z.strictObject({
  id: z.int().min(0),
  nonce: z.int().min(0),
  steps: z.array(AnchorStepRecord).min(1).max(256),
  /** Oldest first; all but the last were replaced by one that pays more. */
  txs: z.array(SignedTransaction).min(1).max(64),
  state: RecordState,
  place: AnchorPlace.nullable(),
});
/** See {@link AnchorRecord}. */
export type AnchorRecord = z.infer<typeof AnchorRecord>;

/** Chain and contract as they were at the first look; any other is refused. */
export const LaneIdentity = z.strictObject({
  chainId: z.int().positive(),
  genesisHash: Hash,
  codeHash: Hash,
});
/** See {@link LaneIdentity}. */
export type LaneIdentity = z.infer<typeof LaneIdentity>;

/** Why a nonce was given up; its heads go back to the queue. */
export const DropReason = z.enum(['reverted', 'nonce-taken', 'nonce-gap']);
/** See {@link DropReason}. */
export type DropReason = z.infer<typeof DropReason>;

const OfRecord = { id: z.int().min(0) };

/** One step. */
export const AnchorEvent = z.discriminatedUnion('type', [
  /** A batch was closed; an earlier head of the same log that waits is replaced. */
  z.strictObject({ type: z.literal('queued'), head: QueuedHead }),
  z.strictObject({ type: z.literal('signed'), record: AnchorRecord }),
  z.strictObject({ type: z.literal('replaced'), ...OfRecord, tx: SignedTransaction }),
  z.strictObject({ type: z.literal('sent'), ...OfRecord }),
  z.strictObject({ type: z.literal('mined'), ...OfRecord, place: AnchorPlace }),
  /** The block is no longer the chain's. */
  z.strictObject({ type: z.literal('unmined'), ...OfRecord }),
  z.strictObject({ type: z.literal('safe'), ...OfRecord }),
  z.strictObject({ type: z.literal('final'), ...OfRecord }),
  z.strictObject({
    type: z.literal('dropped'),
    ...OfRecord,
    reason: DropReason,
    place: AnchorPlace.nullable(),
  }),
  /** The chain's own head of a log, where it is not what our transactions left there. */
  z.strictObject({ type: z.literal('head'), logId: Hash, size: z.int().min(0), root: Root }),
  LaneIdentity.extend({ type: z.literal('identity') }),
  /** Everything before it, after a compaction. */
  z.strictObject({
    type: z.literal('snapshot'),
    identity: LaneIdentity.nullable(),
    nextId: z.int().min(0),
    queue: z.array(QueuedHead),
    records: z.array(AnchorRecord),
    heads: z.array(
      z.strictObject({ logId: Hash, size: z.int().min(0), root: Root, finalSize: z.int().min(0) }),
    ),
    spent: z.record(z.string(), Wei),
  }),
]);
/** See {@link AnchorEvent}. */
export type AnchorEvent = z.infer<typeof AnchorEvent>;
