/** Port: what a witness remembers of each log, and the proof of logs that showed two faces. */

/** Head that the witness vouched for last; from its first moment on the disk it binds the witness. */
export interface WitnessedHead {
  readonly origin: string;
  readonly size: number;
  /** Merkle root, 64 hex digits. */
  readonly root: string;
  /** Checkpoint as the log signed it. */
  readonly note: string;
}

/** Two signed checkpoints of one log that cannot both be true, or what was offered in their place. */
export interface ForkEvidence {
  /** `same-size`: two roots of one size. `inconsistent`: the proof from one to the other does not hold.
   *  `rolled-back`: the log has fewer entries than it signed before. */
  readonly kind: 'same-size' | 'inconsistent' | 'rolled-back';
  readonly origin: string;
  /** Checkpoint that was seen first, with its signatures. */
  readonly first: string;
  /** Checkpoint that contradicts it, with its signatures. */
  readonly second: string;
  /** RFC 6962 proof that came with `second`, 64 hex digits each. */
  readonly proof: readonly string[];
  /** When it was seen; display only. */
  readonly at: string;
}

/** Durable memory of a witness. @throws storage_failed, verification_failed for a damaged file */
export interface WitnessStorePort {
  /** Undefined: never vouched for this log. A damaged file is an error, never a new start. */
  head(origin: string): Promise<WitnessedHead | undefined>;
  /** Resolves when the head is on the disk; a crash before leaves the old one. */
  saveHead(head: WitnessedHead): Promise<void>;
  /** Checkpoint with the cosignatures that were given for it; may be lost in a crash. */
  saveNote(origin: string, note: string): Promise<void>;
  /** By SHA-256 of the origin, 64 hex digits. */
  note(originHash: string): Promise<string | undefined>;
  /** Newest checkpoint of the own log that was published, with its cosignatures; may be lost in a crash. */
  savePublished(note: string): Promise<void>;
  /** Keeps evidence for good; false: the same pair is kept already, or there is no more room. */
  keepEvidence(evidence: ForkEvidence): Promise<boolean>;
  evidence(): Promise<ForkEvidence[]>;
}
