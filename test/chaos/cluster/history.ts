/** What happened in a run as its clients saw it, and what the record says at the end: plain values. */

/** A verdict as a client was told it. */
export interface ToldVerdict {
  readonly decisionId: string;
  readonly outcome: string;
  readonly heldReason: string | null;
  /** Where the verdict is recorded. */
  readonly index: number;
  /** `sha256:` and hex, of the recorded entry. */
  readonly leafHash: string;
  /** Over the verdict, as it was told. */
  readonly signature: string;
}

/** How one request of a client ended. */
export type Answer =
  | { readonly type: 'verdict'; readonly verdict: ToldVerdict }
  /** It is accepted, and not decided yet. */
  | { readonly type: 'open'; readonly decisionId: string }
  | { readonly type: 'refused'; readonly status: number; readonly code: string; readonly message: string }
  /** No answer came: the connection broke, or the client did not wait any longer. */
  | { readonly type: 'none'; readonly why: string };

/** One request of a client, a submission or a read. Times in ms of one clock. */
export interface Call {
  readonly what: 'submit' | 'read';
  /** Idempotency key of the submission. */
  readonly key: string;
  /** Node that was asked. */
  readonly node: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly answer: Answer;
}

/** A signed head as a client read it from a node. */
export interface ReadHead {
  readonly node: string;
  readonly atMs: number;
  readonly size: number;
  /** 64 hex digits. */
  readonly root: string;
}

/** One entry of a node's copy of the record. */
export interface CopiedEntry {
  readonly kind: string;
  readonly decisionId: string | null;
  /** `sha256:` and hex. */
  readonly leafHash: string;
  /** Outcome and reason, of a `final` entry. */
  readonly outcome: string | null;
  readonly heldReason: string | null;
}

/** A node's copy of the record, read from its files after the end. */
export interface RecordCopy {
  readonly node: string;
  readonly entries: readonly CopiedEntry[];
  /** Merkle roots at the sizes that clients read, and at the settled one; 64 hex digits. */
  readonly roots: ReadonlyMap<number, string>;
  /** What the public verifier finds wrong with it. */
  readonly damages: readonly string[];
}

/** A whole run. */
export interface History {
  readonly calls: readonly Call[];
  readonly heads: readonly ReadHead[];
  readonly copies: readonly RecordCopy[];
  /** Entries that every node had before they were stopped; what stopping itself records comes after. */
  readonly settledSize: number;
  /** The id that a key stands for. */
  decisionOf(key: string): string;
}
