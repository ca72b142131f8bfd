/** Port: where erasures and legal holds under way are kept, so that they go on after a crash. */
import type { DeletionCertificate } from '../../../contracts/messages/privacy/deletion-certificate.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { ErasureState } from '../../../contracts/messages/privacy/erasure.ts';
import type { Destruction } from './crypto/subject-keys.ts';

/** One erasure as it is kept. Names no person: the pseudonym is enough to destroy. */
export interface StoredErasure {
  readonly format: 'witan-erasure-state/1';
  readonly erasureId: string;
  readonly state: ErasureState;
  readonly tenant: string;
  readonly subjectTag: string;
  /** Set when one decision is erased and not a person. */
  readonly decisionId: DecisionId | null;
  readonly reason: string;
  readonly approvedBy: string;
  readonly requestedBy: string;
  readonly requestedAtWallMs: number;
  readonly holdIds: readonly string[];
  /** Decisions that are gone with it; null until they were looked for. */
  readonly decisionIds: readonly DecisionId[] | null;
  /** Positions of their entries. */
  readonly entries: readonly number[];
  /** Keys that are destroyed, noted before they are. */
  readonly keyIds: readonly string[];
  /** Keys of single records among them. */
  readonly recordKeyIds: readonly string[];
  /** Pseudonyms of the persons that the decision concerns. */
  readonly alsoTags: readonly string[];
  /** Stored keys that go too, by name: those of persons that nothing needs any more. Absent: none. */
  readonly alsoKeyIds?: readonly string[];
  readonly destruction: Destruction | null;
  readonly certificate: DeletionCertificate | null;
  /** Length of the log before the entries that tell of it were written. */
  readonly logSize: number | null;
  readonly recordedAt: readonly number[];
}

/** One legal hold as it is kept. */
export interface StoredLegalHold {
  readonly format: 'witan-legal-hold/1';
  readonly holdId: string;
  readonly tenant: string;
  readonly subjectTag: string;
  readonly decisionId: DecisionId | null;
  readonly alsoTags: readonly string[];
  readonly reason: string;
  readonly by: string;
  readonly atWallMs: number;
  /** Length of the log before its entry; whether the entry is written is looked up from there. */
  readonly logSize: number;
  readonly isRecorded: boolean;
  readonly release: {
    readonly by: string;
    readonly reason: string;
    readonly atWallMs: number;
    readonly logSize: number;
    readonly isRecorded: boolean;
  } | null;
}

/** How far retention has come. */
export interface RetentionMark {
  readonly format: 'witan-retention/1';
  /** Everything before this position has no keys any more that retention would destroy. */
  readonly fromIndex: number;
  /** Leaf of the entry before it, so that the mark of another log counts for nothing; null at the start. */
  readonly leafHash: string | null;
}

/** Each call is durable when it resolves. */
export interface ErasureStorePort {
  /** @throws verification_failed naming the file that is damaged, storage_failed */
  load(): Promise<{
    readonly erasures: readonly StoredErasure[];
    readonly holds: readonly StoredLegalHold[];
  }>;
  /** @throws storage_failed */
  saveErasure(erasure: StoredErasure): Promise<void>;
  /** @throws storage_failed */
  saveHold(hold: StoredLegalHold): Promise<void>;
  /** Undefined before the first one. @throws verification_failed, storage_failed */
  retentionMark(): Promise<RetentionMark | undefined>;
  /** @throws storage_failed */
  saveRetentionMark(mark: RetentionMark): Promise<void>;
}
