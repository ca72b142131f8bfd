/** Anchors as outsiders see them: the receipt that is checked offline, and how the anchor actor stands. */
import { z } from 'zod';

const Hash = z.string().regex(/^0x[0-9a-f]{64}$/, '0x and 64 hex digits');
const Root = z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits');
const Data = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/, '0x and hex digits')
  .max(2_000_000);
const Address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, '0x and 40 hex digits');

/** How far the block of an anchor is settled; `final` and `safe` by the chain's own tags. */
export const AnchorFinality = z.enum(['included', 'safe', 'final']);
/** See {@link AnchorFinality}. */
export type AnchorFinality = z.infer<typeof AnchorFinality>;

/**
 * Proof that a head of a log was anchored: transaction, block header, and the receipt's way into it.
 *
 * Everything in it can be computed anew but one thing: that the block is the chain's. Who checks compares
 * `blockHash` with a source of their own.
 */
export const AnchorReceipt = z.strictObject({
  format: z.literal('witan-anchor/1'),
  chainId: z.int().positive(),
  contract: Address,
  /** Keccak-256 over origin, chain and contract. */
  logId: Hash,
  /** Origin line of the log's checkpoints. */
  origin: z.string().min(1).max(200),
  size: z.int().min(1),
  /** RFC 6962 root of the first `size` leaves. */
  root: Root,
  /** Root that stood before; zeros for the first anchor. */
  prevRoot: Root,
  txHash: Hash,
  /** Signed transaction, type byte and RLP. */
  rawTx: Data,
  blockHash: Hash,
  blockNumber: z.int().min(0),
  /** RLP of the block's header. */
  blockHeader: Data,
  /** Nodes of the receipts trie, root first. */
  receiptProof: z.array(Data).min(1).max(64),
  /** Place of the transaction in its block. */
  receiptIndex: z.int().min(0).max(1_000_000),
  /** Place of the event in its receipt. */
  logIndex: z.int().min(0).max(100_000),
  /** As of when the receipt was made. */
  finality: AnchorFinality,
  /** Signed checkpoint of `size` (C2SP signed note). */
  checkpointNote: z.string().max(65_536),
  /** Where the receipt was asked for one record: its audit path in the tree of `size`. */
  inclusion: z
    .strictObject({
      index: z.int().min(0),
      /** RFC 6962 leaf hash. */
      leafHash: Root,
      path: z.array(Root).max(64),
    })
    .optional(),
});
/** See {@link AnchorReceipt}. */
export type AnchorReceipt = z.infer<typeof AnchorReceipt>;

/** One transaction of the anchor that is not final. */
export const AnchorTransaction = z.strictObject({
  nonce: z.int().min(0),
  state: z.enum(['signed', 'sent', 'mined', 'safe', 'final']),
  /** Size of each log that it anchors, by origin. */
  sizes: z.record(z.string(), z.int().min(1)),
  txHash: Hash,
  /** Times it was signed: one more for each bump of the fee. */
  signedCount: z.int().min(1),
  blockNumber: z.int().min(0).nullable(),
});
/** See {@link AnchorTransaction}. */
export type AnchorTransaction = z.infer<typeof AnchorTransaction>;

/** How one log stands on one chain. */
export const AnchoredLogStatus = z.strictObject({
  origin: z.string(),
  /** Entries in the log. */
  size: z.int().min(0),
  /** Entries under the newest root that the chain took. */
  anchoredSize: z.int().min(0),
  /** Entries under the newest root that is final. */
  finalSize: z.int().min(0),
  /** Size of the root that waits for its transaction; null: none waits. */
  queuedSize: z.int().min(1).nullable(),
});
/** See {@link AnchoredLogStatus}. */
export type AnchoredLogStatus = z.infer<typeof AnchoredLogStatus>;

/** How the anchor stands on one chain. */
export const AnchorChainStatus = z.strictObject({
  name: z.string(),
  chainId: z.int().positive().nullable(),
  contract: Address,
  /** Address of the key that anchors. */
  account: Address,
  /** Why nothing is sent now: `budget`, `fee`, `paused`, … ; null: nothing is in the way. */
  hold: z.string().nullable(),
  breaker: z.enum(['closed', 'open', 'half-open']),
  logs: z.array(AnchoredLogStatus),
  transactions: z.array(AnchorTransaction),
  /** Wei, decimal: spent or promised since midnight UTC, and what may be. */
  spentTodayWei: z.string().regex(/^\d+$/),
  dailyBudgetWei: z.string().regex(/^\d+$/),
  lastError: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});
/** See {@link AnchorChainStatus}. */
export type AnchorChainStatus = z.infer<typeof AnchorChainStatus>;

/** How the anchor stands. */
export const AnchorStatus = z.strictObject({ chains: z.array(AnchorChainStatus) });
/** See {@link AnchorStatus}. */
export type AnchorStatus = z.infer<typeof AnchorStatus>;
