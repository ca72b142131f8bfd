/** Keys of subjects that live as long as the process. */
import type {
  StoredHold,
  StoredSubjectKey,
  StoredSubjectKeys,
  StoredVault,
  SubjectKeyStorePort,
} from '../../../kernel/ports/crypto/subject-keys.ts';

/** SubjectKeyStorePort without a file behind it; opened again it still holds what it held. */
export class MemorySubjectKeyStore implements SubjectKeyStorePort {
  #keys = new Map<string, StoredSubjectKey>();
  #destroyed: string[] = [];
  #holds: readonly StoredHold[] = [];
  #vault: StoredVault | undefined;

  /** See SubjectKeyStorePort. */
  async load(): Promise<StoredSubjectKeys> {
    const keys = Array.from(this.#keys.values(), copied);
    return { keys, destroyed: [...this.#destroyed], holds: [...this.#holds], vault: this.#vault };
  }

  /** See SubjectKeyStorePort. */
  async add(...keys: readonly StoredSubjectKey[]): Promise<void> {
    for (const key of keys) this.#keys.set(key.keyId, copied(key));
  }

  /** See SubjectKeyStorePort. */
  async destroy(keyIds: readonly string[]): Promise<void> {
    for (const keyId of keyIds) {
      this.#keys.get(keyId)?.wrapped.fill(0);
      this.#keys.delete(keyId);
      if (!this.#destroyed.includes(keyId)) this.#destroyed.push(keyId);
    }
  }

  /** See SubjectKeyStorePort. */
  async replace({ keys, destroyed, holds, vault }: StoredSubjectKeys): Promise<void> {
    this.#keys = new Map(keys.map((key) => [key.keyId, copied(key)]));
    this.#destroyed = [...destroyed];
    this.#holds = [...holds];
    this.#vault = vault;
  }

  /** See SubjectKeyStorePort. */
  async setHolds(holds: readonly StoredHold[]): Promise<void> {
    this.#holds = [...holds];
  }

  /** See SubjectKeyStorePort. */
  async close(): Promise<void> {
    // Nothing is held outside this object.
  }
}

function copied(key: StoredSubjectKey): StoredSubjectKey {
  return { ...key, wrapped: Uint8Array.from(key.wrapped) };
}
