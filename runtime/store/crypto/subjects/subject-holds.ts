/** Legal holds of a vault: kept in its store, and asked before anything is destroyed. */
import { WitanError } from '../../../../contracts/errors.ts';
import type {
  LegalHold,
  StoredHold,
  SubjectKeyStorePort,
} from '../../../kernel/ports/crypto/subject-keys.ts';

/** Holds by pseudonym. Changes come one after the other: the vault sees to that. */
export class SubjectHolds {
  readonly #store: SubjectKeyStorePort;
  #all: readonly StoredHold[];

  constructor(store: SubjectKeyStorePort, all: readonly StoredHold[]) {
    this.#store = store;
    this.#all = all;
  }

  /** As they are stored. */
  get all(): readonly StoredHold[] {
    return this.#all;
  }

  /** Holds that stand for any of these pseudonyms, each once. */
  of(tags: readonly string[]): readonly LegalHold[] {
    const found = new Map<string, LegalHold>();
    for (const { subjectTag, ...hold } of this.#all)
      if (tags.includes(subjectTag)) found.set(hold.holdId, hold);
    return [...found.values()];
  }

  /** @throws permission_denied with `details.holdIds` while one stands */
  refuse(tags: readonly string[]): void {
    const holdIds = this.of(tags).map(({ holdId }) => holdId);
    if (holdIds.length === 0) return;
    const details = { holdIds, expected: 'no legal hold on the subject' };
    throw new WitanError('permission_denied', 'a legal hold keeps the data of this subject', details);
  }

  /** Places a hold on all of these pseudonyms. @throws already_exists, storage_failed */
  async place(hold: LegalHold, [first, ...others]: readonly string[]): Promise<LegalHold> {
    if (this.#all.some((one) => one.subjectTag === first && one.holdId === hold.holdId))
      throw new WitanError('already_exists', `the hold ${hold.holdId} stands`, { path: 'holdId' });
    const tags = new Set([first!, ...others]);
    await this.#set([...this.#all, ...Array.from(tags, (subjectTag) => ({ ...hold, subjectTag }))]);
    return hold;
  }

  /** Ends a hold on these pseudonyms. @throws not_found, storage_failed */
  async release(holdId: string, tags: readonly string[]): Promise<void> {
    const rest = this.#all.filter((one) => !tags.includes(one.subjectTag) || one.holdId !== holdId);
    if (rest.length === this.#all.length)
      throw new WitanError('not_found', `no hold ${holdId} on this subject`, { path: 'holdId' });
    await this.#set(rest);
  }

  async #set(all: readonly StoredHold[]): Promise<void> {
    await this.#store.setHolds(all);
    this.#all = all;
  }
}
