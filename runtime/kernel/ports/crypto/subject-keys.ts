/**
 * Port: personal data under keys of its own, so that erasing a person is destroying a key.
 *
 * There is one key for each subject and purpose. What is sealed or committed may lie anywhere and for ever,
 * also in the record: without the key it says nothing, and its hashes and proofs stay valid.
 */

/** Whose data, and what for. Purposes are erased apart: `decision/d01…` gives one record a key of its own. */
export interface SubjectScope {
  readonly tenant: string;
  /** Name of the person within the tenant; it is never stored. */
  readonly subject: string;
  readonly purpose: string;
}

/** Encrypted bytes that name their key, not their subject. */
export interface SealedBytes {
  readonly format: 'witan-sealed/1';
  /** 32 hex digits; where several keys are needed at once, all of them, joined by `+`. */
  readonly keyId: string;
  /** 16 bytes, base64url; the key of these bytes follows from it and the subject's key. */
  readonly nonce: string;
  /** Ciphertext and tag, base64url. */
  readonly bytes: string;
}

/** HMAC of bytes under a salt of their own, which is gone with the subject's key. */
export interface Commitment {
  readonly format: 'witan-commitment/1';
  readonly keyId: string;
  /** 16 bytes, base64url. */
  readonly nonce: string;
  /** HMAC-SHA-256, 64 hex digits. */
  readonly hmac: string;
}

/** Why data of a person must stay, although erasure was asked for. */
export interface LegalHold {
  readonly holdId: string;
  readonly reason: string;
  readonly by: string;
  readonly atWallMs: number;
}

/** A person of a tenant; without a purpose all of them. */
export interface SubjectChoice {
  readonly tenant: string;
  readonly subject: string;
  readonly purpose?: string;
}

/** A person by the pseudonym that {@link SubjectKeysPort.tagOf} gave, where the name must not be kept. */
export interface TaggedSubject {
  readonly tenant: string;
  readonly subjectTag: string;
}

/** Who asks for a destruction, and why. */
export interface DestructionDetails {
  readonly reason: string;
  readonly approvedBy: string;
  /** Keys of single records that go with the subject's own, as {@link RecordKey} names them. */
  readonly recordKeyIds?: readonly string[];
  /** Stored keys that go too, by name; a hold on the persons whose they are counts. */
  readonly alsoKeyIds?: readonly string[];
  /** Pseudonyms of others whose holds count too: the persons that a record concerns. */
  readonly alsoTags?: readonly string[];
}

/** What is to be destroyed. */
export type DestructionOrder = DestructionDetails & (SubjectChoice | TaggedSubject);

/** Key of one record. Where it concerns persons, it works only together with theirs. */
export interface RecordKey {
  /** 32 hex digits; with persons, their keys follow, joined by `+`. */
  readonly keyId: string;
  /** 64 hex digits; gone with any of the keys. */
  readonly salt: string;
}

/** What was destroyed: facts for a certificate. */
export interface Destruction {
  readonly tenant: string;
  /** Pseudonym of the subject at this node, 64 hex digits. */
  readonly subjectTag: string;
  /** Null: all purposes. */
  readonly purpose: string | null;
  readonly keyIds: readonly string[];
  readonly reason: string;
  readonly approvedBy: string;
  readonly atWallMs: number;
  /**
   * Wrapping key under which copies of the destroyed keys still open; null once {@link SubjectKeysPort.renew}
   * destroyed it.
   */
  readonly wrappingKeyId: string | null;
}

/** What {@link SubjectKeysPort.renew} did. */
export interface Renewal {
  readonly wrappingKeyId: string;
  /** Keys that were wrapped anew. */
  readonly keyCount: number;
  readonly destroyedWrappingKeyIds: readonly string[];
}

/** Keys of subjects. */
export interface SubjectKeysPort {
  /**
   * Encrypts under the key of the scope, which is made on first use; it is durable when this resolves.
   * @throws invalid_argument for an empty name, storage_failed
   */
  seal(scope: SubjectScope, plaintext: Uint8Array): Promise<SealedBytes>;
  /** @throws not_found with `details.isErased` once the key was destroyed, verification_failed */
  open(sealed: SealedBytes): Promise<Uint8Array>;
  /** Binds bytes without storing them. @throws as {@link seal} */
  commit(scope: SubjectScope, bytes: Uint8Array): Promise<Commitment>;
  /** Whether these are the bytes. @throws not_found with `details.isErased` */
  matches(commitment: Commitment, bytes: Uint8Array): Promise<boolean>;
  /**
   * Key of one more record; durable when this resolves, and without a wait for the disk where no person is
   * new.
   * @throws invalid_argument for an empty name, storage_failed
   */
  drawRecordKey(persons: readonly SubjectScope[]): Promise<RecordKey>;
  /** Encrypts under a record's key. @throws not_found with `details.isErased` */
  sealRecord(keyId: string, plaintext: Uint8Array): Promise<SealedBytes>;
  /** Salt of a record's key. @throws not_found with `details.isErased` */
  saltOf(keyId: string): Promise<string>;
  /** Whether a key, or one of several joined by `+`, was destroyed. */
  isErased(keyId: string): boolean;
  /** Pseudonym of a subject at this node, 64 hex digits. */
  tagOf(choice: SubjectChoice): string;
  /**
   * Destroys the keys; when this resolves, nothing of this node opens what they sealed. Repeating it is safe.
   * @throws permission_denied with `details.holdIds` while a legal hold stands, storage_failed
   */
  destroy(order: DestructionOrder): Promise<Destruction>;
  /**
   * Wraps all keys anew and destroys the old wrapping keys: copies of the key store that were made before,
   * which still hold destroyed keys, open no more.
   */
  renew(): Promise<Renewal>;
  /**
   * Keeps a subject's keys from destruction, and those of the pseudonyms named too.
   * @throws already_exists, storage_failed
   */
  hold(
    choice: SubjectChoice | TaggedSubject,
    hold: Omit<LegalHold, 'atWallMs'>,
    alsoTags?: readonly string[],
  ): Promise<LegalHold>;
  /** Ends a hold; erasure has to be asked for again. @throws not_found, storage_failed */
  release(choice: SubjectChoice | TaggedSubject, holdId: string, alsoTags?: readonly string[]): Promise<void>;
  /** Holds that stand for a subject. */
  holds(choice: SubjectChoice | TaggedSubject): readonly LegalHold[];
  /** Names of the keys of a subject, of all purposes. */
  keyIds(choice: SubjectChoice | TaggedSubject): readonly string[];
  /** Keys in all; a renewal takes time for each. */
  keyCount(): number;
  close(): Promise<void>;
}

/** One key as a store keeps it: wrapped, and without a name. */
export interface StoredSubjectKey {
  readonly keyId: string;
  /** Pseudonym of tenant and subject, 64 hex digits. */
  readonly subjectTag: string;
  /** Pseudonym of tenant, subject and purpose, 64 hex digits. */
  readonly scopeTag: string;
  readonly wrappingKeyId: string;
  /** At most 150 bytes. */
  readonly wrapped: Uint8Array;
}

/** A hold as a store keeps it. */
export interface StoredHold extends LegalHold {
  readonly subjectTag: string;
}

/** What a store belongs to. */
export interface StoredVault {
  /** Tells the wrapping keys of one store from those of another; 32 hex digits, by chance. */
  readonly vaultId: string;
  readonly wrappingKeyId: string;
  /** Secret behind the pseudonyms, wrapped. */
  readonly tagSecret: Uint8Array;
}

/** Everything a store holds. */
export interface StoredSubjectKeys {
  readonly keys: readonly StoredSubjectKey[];
  /** Ids of destroyed keys. */
  readonly destroyed: readonly string[];
  readonly holds: readonly StoredHold[];
  /** Undefined for a store that was never used. */
  readonly vault: StoredVault | undefined;
}

/** Where keys of subjects lie. Each call is durable when it resolves. One process at a time. */
export interface SubjectKeyStorePort {
  /** @throws verification_failed naming what is damaged, storage_failed */
  load(): Promise<StoredSubjectKeys>;
  /** Adds keys with one wait for the disk. @throws storage_failed */
  add(...keys: readonly StoredSubjectKey[]): Promise<void>;
  /** Overwrites keys where they lie and remembers their ids. @throws storage_failed */
  destroy(keyIds: readonly string[]): Promise<void>;
  /** Puts a whole new state in the place of the old, or leaves the old one. @throws storage_failed */
  replace(state: StoredSubjectKeys): Promise<void>;
  /** @throws storage_failed */
  setHolds(holds: readonly StoredHold[]): Promise<void>;
  close(): Promise<void>;
}
