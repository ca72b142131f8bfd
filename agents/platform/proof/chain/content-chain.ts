/** Port: what the content registry needs of its chain. An account of its own, shared with nobody. */
import type { ContentJob, ContentStep } from './content-job.ts';

/** What the chain's register says of a hash. */
export interface ChainContent {
  readonly tokenId: string;
  /** Address that registered it. */
  readonly creator: string;
  /** Block time of the registration, s. */
  readonly timestampS: number;
  readonly modelId: string;
  readonly metadata: string;
  readonly isVerified: boolean;
}

/** A certificate of this account at the VerificationContract. */
export interface ChainCertificate {
  /** Decimal. */
  readonly id: string;
  readonly isRevoked: boolean;
}

/** Where a transaction stands. */
export interface ContentReceipt {
  readonly isSuccess: boolean;
  /** Blocks on top of its own, that one included. */
  readonly confirmationCount: number;
}

/** Names of a chain and of the contracts on it. */
export interface ContentChainNames {
  readonly chainId: number;
  /** Address of the ContentRegistry. */
  readonly registry: string;
  /** Address that registers; holds the tokens. */
  readonly account: string;
}

/**
 * One chain with the three contracts of content.
 * @throws unavailable, deadline_exceeded when it does not answer; conflict when it is another chain or other
 *   code stands at the addresses
 */
export interface ContentChainPort {
  names(): Promise<ContentChainNames>;
  /** Undefined: the hash is not registered. */
  find(contentHash: string): Promise<ChainContent | undefined>;
  /** Block time of the job's commitment, s; 0: there is none, or it was used. */
  committedAtS(job: ContentJob): Promise<number>;
  /** Whether a lineage is recorded. */
  hasLineage(contentHash: string): Promise<boolean>;
  hasModel(digest: string): Promise<boolean>;
  /** Newest certificate of this account over a content on this evidence. */
  certificate(contentHash: string, evidenceHash: string): Promise<ChainCertificate | undefined>;
  /** Block time of the newest block, s. */
  headTimeS(): Promise<number>;
  /** Next nonce of the account by blocks; what a pool claims to hold is not in it. */
  nonce(): Promise<number>;
  /**
   * Signs the transaction of a step, after the chain said that it would not be reverted now.
   * @param replaces bytes of the same nonce that pay too little: the new ones pay an eighth more at least
   * @throws conflict with `details.refusal`, the name or text of the contract's error; quota_exceeded while
   *   the chain is dearer than may be paid
   */
  sign(
    call: ChainCallOfStep,
    options: { readonly nonce: number; readonly replaces?: string },
  ): Promise<SignedCall>;
  /** Sends signed bytes; those that the chain has already are no error. */
  broadcast(raw: string): Promise<void>;
  receipt(hash: string): Promise<ContentReceipt | undefined>;
  close(): void;
}

/** A step of a job to be signed. */
export interface ChainCallOfStep {
  readonly step: ContentStep;
  readonly job: ContentJob;
  /** Certificate to revoke, decimal. */
  readonly certificateId?: string | undefined;
}

/** Bytes and their hash. */
export interface SignedCall {
  readonly hash: string;
  readonly raw: string;
}
