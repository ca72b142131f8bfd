/** Port: what the anchor needs of a chain. Its answers are claims: whoever acts on one checks it. */

/** Tells one chain from another, and one contract from another at its address. */
export interface ChainIdentity {
  /** EIP-155 id. */
  readonly chainId: number;
  /** Hash of block 0: `0x` and 64 hex digits, as every hash here. */
  readonly genesisHash: string;
  /** Keccak-256 of the code at the contract's address; null: no code stands there. */
  readonly codeHash: string | null;
}

/** Heights; null where the chain does not know the tag. */
export interface ChainHeads {
  readonly latest: number;
  readonly safe: number | null;
  readonly finalized: number | null;
}

/** Price of gas now, in wei. */
export interface ChainFees {
  readonly baseFeeWei: bigint;
  /** What the chain suggests on top of it. */
  readonly tipWei: bigint;
}

/** Newest head of a log in `AuditAnchor`. */
export interface AnchoredHead {
  /** 64 hex digits; zeros before the first anchor. */
  readonly root: string;
  readonly size: number;
  readonly epoch: number;
  readonly frozen: boolean;
}

/** A call that is not sent yet. */
export interface ChainCall {
  readonly from: string;
  readonly to: string;
  /** `0x` and hex digits. */
  readonly data: string;
}

/** What a call would cost, or the name of the contract's error with which it would be reverted. */
export type ChainEstimate = { readonly gas: bigint } | { readonly refusal: string };

/**
 * What became of a broadcast. `known`: the chain had the very bytes. `nonce-used`: a transaction with that
 * nonce is in a block, perhaps this one. `underpriced`: another with that nonce waits and costs about as
 * much.
 */
export type BroadcastOutcome = 'accepted' | 'known' | 'nonce-used' | 'underpriced' | 'no-funds';

/** Where a transaction stands. */
export interface ChainReceipt {
  readonly txHash: string;
  readonly blockHash: string;
  readonly blockNumber: number;
  /** Place in the block. */
  readonly index: number;
  /** False: it was reverted; it cost all the same. */
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Paid for one gas, in wei. */
  readonly gasPriceWei: bigint;
}

/** Header of a block. */
export interface ChainHeader {
  readonly number: number;
  readonly hash: string;
  /** RLP, `0x` and hex digits; its keccak-256 is the hash. */
  readonly rlp: string;
}

/** A transaction to sign: EIP-1559. */
export interface AnchorTransactionRequest {
  readonly chainId: number;
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
  readonly maxFeeWei: bigint;
  readonly tipWei: bigint;
}

/** Key that pays for anchors. It signs and says its address; nothing else leaves it. */
export interface AnchorSigner {
  readonly address: string;
  /** Signed transaction: `0x` and hex digits, and its hash. */
  sign(request: AnchorTransactionRequest): Promise<{ readonly raw: string; readonly hash: string }>;
}

/**
 * One chain, seen through one node of it.
 * @throws unavailable, deadline_exceeded when it does not answer; internal for an answer that is none
 */
export interface ChainPort {
  identity(contract: string): Promise<ChainIdentity>;
  heads(): Promise<ChainHeads>;
  fees(): Promise<ChainFees>;
  /** Transactions of the account that are in blocks: the next nonce. */
  nonce(address: string): Promise<number>;
  estimate(call: ChainCall): Promise<ChainEstimate>;
  broadcast(raw: string): Promise<BroadcastOutcome>;
  /** Undefined while the transaction is in no block of the chain. */
  receipt(txHash: string): Promise<ChainReceipt | undefined>;
  /** Undefined past the newest block. */
  header(blockNumber: number): Promise<ChainHeader | undefined>;
  /** All receipts of a block in order, as they are hashed: `0x` and hex digits each. */
  blockReceipts(blockHash: string): Promise<readonly string[]>;
  anchoredHead(contract: string, logId: string): Promise<AnchoredHead>;
  close(): Promise<void>;
}
