/** What goes to the thread that signs aggregates, and what comes back. */
import type { AggregateHalf } from '../../../kernel/ports/keys.ts';
import type { RefusedJob } from '../../job-thread.ts';

/** A key as the thread gets it. */
export interface LoadedKey {
  readonly keyId: string;
  /** 32 bytes that its BLS secret follows from. */
  readonly seed: Uint8Array;
  /** What is known of it; null: the thread makes both parts. */
  readonly half: AggregateHalf | null;
}

/** One job. Keys that the thread does not have come with it, and stay there. */
export interface SigningJob {
  readonly request: number;
  readonly load: readonly LoadedKey[];
  /** Null: the keys are only taken in. */
  readonly sign: { readonly keyIds: readonly string[]; readonly message: Uint8Array } | null;
}

/** What a job that was done is answered with. */
export interface SignedAggregate {
  readonly request: number;
  readonly type: 'done';
  /** Public halves that were made. */
  readonly halves: readonly { readonly keyId: string; readonly half: AggregateHalf }[];
  /** 96 bytes; null where nothing was to be signed. */
  readonly signature: Uint8Array | null;
}

/** Its answer. */
export type SigningAnswer = SignedAggregate | RefusedJob;
