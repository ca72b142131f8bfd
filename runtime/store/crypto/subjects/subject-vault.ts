/** Keys of subjects over a store and a service that wraps keys. */
import { randomBytes } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import { toHex } from '../../../../contracts/ledger/bytes.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { AeadScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import type { KmsPort } from '../../../kernel/ports/crypto/kms.ts';
import type {
  Commitment,
  Destruction,
  DestructionOrder,
  LegalHold,
  RecordKey,
  Renewal,
  SealedBytes,
  StoredSubjectKey,
  StoredSubjectKeys,
  StoredVault,
  SubjectChoice,
  SubjectKeysPort,
  SubjectKeyStorePort,
  SubjectScope,
  TaggedSubject,
} from '../../../kernel/ports/crypto/subject-keys.ts';
import { DataKeyCache } from './data-key-cache.ts';
import {
  commitUnder,
  DATA_KEY_BYTES,
  matchesUnder,
  NONCE_BYTES,
  openUnder,
  sealUnder,
  tagsOf,
  type DataKey,
} from './envelope.ts';
import { SubjectHolds } from './subject-holds.ts';
import { RecordKeyTree } from './record-key-tree.ts';
import { jointKey, nodeScope, saltUnder, type TreeNode } from './record-keys.ts';

const TAG_SECRET_CONTEXT = 'witan-subject-tags/1';

/** What a vault is made of. */
export interface SubjectVaultOptions {
  readonly store: SubjectKeyStorePort;
  readonly kms: KmsPort;
  readonly aead: AeadScheme;
  readonly clock: Clock;
}

/**
 * Opens the keys of subjects, or an empty store.
 * @throws verification_failed for a damaged store, not_found when the wrapping key is gone, storage_failed
 */
export async function openSubjectVault(options: SubjectVaultOptions): Promise<SubjectVault> {
  const { store, kms } = options;
  const state = await store.load();
  const vault = state.vault ?? (await newVault(kms));
  if (!state.vault) await store.replace({ ...state, vault });
  const tagSecret = await kms.unwrap(vault.wrappingKeyId, vault.tagSecret, TAG_SECRET_CONTEXT);
  const opened = new SubjectVault(options, { ...state, vault, secret: tagSecret });
  await opened.dropUnusedWrappingKeys();
  return opened;
}

async function newVault(kms: KmsPort): Promise<StoredVault> {
  const vaultId = toHex(randomBytes(16));
  const { keyId: wrappingKeyId } = await kms.makeKey(labelOf(vaultId));
  const tagSecret = await kms.wrap(wrappingKeyId, randomBytes(DATA_KEY_BYTES), TAG_SECRET_CONTEXT);
  return { vaultId, wrappingKeyId, tagSecret };
}

interface OpenedState extends StoredSubjectKeys {
  readonly vault: StoredVault;
  /** Secret behind the pseudonyms. */
  readonly secret: Uint8Array;
}

/** A key that waits for its turn to be stored. */
interface PendingKey {
  readonly subjectTag: string;
  readonly scopeTag: string;
  readonly secret: Uint8Array;
  readonly resolve: (key: DataKey) => void;
  readonly reject: (error: unknown) => void;
}

/** See {@link openSubjectVault}. */
export class SubjectVault implements SubjectKeysPort {
  readonly #options: SubjectVaultOptions;
  readonly #tagSecret: Uint8Array;
  readonly #cache = new DataKeyCache();
  readonly #keys = new Map<string, StoredSubjectKey>();
  readonly #byScope = new Map<string, string>();
  readonly #bySubject = new Map<string, Set<string>>();
  readonly #making = new Map<string, Promise<DataKey>>();
  readonly #pending: PendingKey[] = [];
  readonly #records: RecordKeyTree;
  /** Names of the roots of trees, whose pseudonyms cost more than a key. */
  readonly #roots = new Map<string, string>();
  readonly #destroyed: Set<string>;
  readonly #holds: SubjectHolds;
  readonly #vaultId: string;
  #wrappingKeyId: string;
  #isClosed = false;
  /** Changes of keys and holds run one after the other: a hold counts for every destruction after it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SubjectVaultOptions, state: OpenedState) {
    this.#options = options;
    this.#tagSecret = state.secret;
    this.#vaultId = state.vault.vaultId;
    this.#wrappingKeyId = state.vault.wrappingKeyId;
    this.#destroyed = new Set(state.destroyed);
    this.#holds = new SubjectHolds(options.store, state.holds);
    for (const key of state.keys) this.#know(key);
    this.#records = new RecordKeyTree({
      idOf: (node) => this.#nodeId(node),
      secretOf: (keyId) => this.#named(keyId),
      make: async (node) => void (await this.#keyOf(nodeScope(node))),
      add: async (nodes) =>
        void (await this.#add(nodes.map(({ node, secret }) => ({ ...this.#nodeTags(node), secret })))),
      destroy: (keyIds, recordKeyIds) => this.#destroyKeys(keyIds, recordKeyIds),
    });
  }

  /** See SubjectKeysPort. */
  async seal(scope: SubjectScope, plaintext: Uint8Array): Promise<SealedBytes> {
    const key = this.#live(await this.#keyOf(scope));
    return sealUnder(this.#options.aead, key, { nonce: randomBytes(NONCE_BYTES), plaintext });
  }

  /** See SubjectKeysPort. */
  async open(sealed: SealedBytes): Promise<Uint8Array> {
    return openUnder(this.#options.aead, await this.#whole(sealed.keyId), sealed);
  }

  /** See SubjectKeysPort. */
  async drawRecordKey(persons: readonly SubjectScope[]): Promise<RecordKey> {
    this.#checkOpen();
    const [record, ...own] = await Promise.all([
      this.#records.draw(),
      ...persons.map((scope) => this.#keyOf(scope)),
    ]);
    const keyId = [record, ...new Set(own.map((key) => key.keyId))].join('+');
    return { keyId, salt: await this.saltOf(keyId) };
  }

  /** See SubjectKeysPort. */
  async sealRecord(keyId: string, plaintext: Uint8Array): Promise<SealedBytes> {
    const key = await this.#whole(keyId);
    return sealUnder(this.#options.aead, key, { nonce: randomBytes(NONCE_BYTES), plaintext });
  }

  /** See SubjectKeysPort. */
  async saltOf(keyId: string): Promise<string> {
    return saltUnder(await this.#whole(keyId));
  }

  /** See SubjectKeysPort. */
  isErased(keyId: string): boolean {
    return keyId.split('+').some((one) => this.#destroyed.has(one));
  }

  /** See SubjectKeysPort. */
  async commit(scope: SubjectScope, bytes: Uint8Array): Promise<Commitment> {
    return commitUnder(this.#live(await this.#keyOf(scope)), randomBytes(NONCE_BYTES), bytes);
  }

  /** See SubjectKeysPort. */
  async matches(commitment: Commitment, bytes: Uint8Array): Promise<boolean> {
    return matchesUnder(this.#live(await this.#named(commitment.keyId)), commitment, bytes);
  }

  /** See SubjectKeysPort. */
  tagOf({ tenant, subject }: SubjectChoice): string {
    this.#checkOpen();
    return tagsOf(this.#tagSecret, checkedScope({ tenant, subject, purpose: '-' })).subjectTag;
  }

  /** See SubjectKeysPort. */
  destroy(order: DestructionOrder): Promise<Destruction> {
    return this.#inTurn(async () => {
      const { tenant, reason, approvedBy } = order;
      const purpose = 'subject' in order ? order.purpose : undefined;
      const subjectTag = this.#tagOf(order);
      const scopeTag =
        'subject' in order && purpose !== undefined
          ? tagsOf(this.#tagSecret, checkedScope({ tenant, subject: order.subject, purpose })).scopeTag
          : undefined;
      const named = (order.alsoKeyIds ?? []).filter((keyId) => this.#keys.has(keyId));
      const persons = named.map((keyId) => this.#keys.get(keyId)!.subjectTag);
      this.#holds.refuse([...new Set([subjectTag, ...(order.alsoTags ?? []), ...persons])]);
      const own = [...(this.#bySubject.get(subjectTag) ?? [])].filter(
        (keyId) => scopeTag === undefined || this.#keys.get(keyId)!.scopeTag === scopeTag,
      );
      const keyIds = [...new Set([...own, ...named])];
      await this.#destroyKeys(keyIds);
      const recordKeyIds = order.recordKeyIds ?? [];
      await this.#records.puncture(recordKeyIds);
      const all = [...keyIds, ...recordKeyIds];
      const what = { tenant, subjectTag, purpose: purpose ?? null, keyIds: all, reason, approvedBy };
      return { ...what, atWallMs: this.#options.clock.wallMs(), wrappingKeyId: this.#wrappingKeyId };
    });
  }

  /** See SubjectKeysPort. */
  renew(): Promise<Renewal> {
    return this.#inTurn(async () => {
      const { kms, store } = this.#options;
      const { keyId: wrappingKeyId } = await kms.makeKey(labelOf(this.#vaultId));
      const keys: StoredSubjectKey[] = [];
      for (const key of this.#keys.values()) keys.push(await this.#rewrapped(key, wrappingKeyId));
      const tagSecret = await kms.wrap(wrappingKeyId, this.#tagSecret, TAG_SECRET_CONTEXT);
      const vault = { vaultId: this.#vaultId, wrappingKeyId, tagSecret };
      await store.replace({ keys, destroyed: [...this.#destroyed], holds: this.#holds.all, vault });
      for (const key of keys) this.#keys.set(key.keyId, key);
      this.#wrappingKeyId = wrappingKeyId;
      const destroyedWrappingKeyIds = await this.dropUnusedWrappingKeys();
      return { wrappingKeyId, keyCount: keys.length, destroyedWrappingKeyIds };
    });
  }

  /** See SubjectKeysPort. */
  hold(
    choice: SubjectChoice | TaggedSubject,
    hold: Omit<LegalHold, 'atWallMs'>,
    alsoTags: readonly string[] = [],
  ): Promise<LegalHold> {
    return this.#inTurn(() => {
      const tags = [this.#tagOf(choice), ...alsoTags];
      return this.#holds.place({ ...hold, atWallMs: this.#options.clock.wallMs() }, tags);
    });
  }

  /** See SubjectKeysPort. */
  release(
    choice: SubjectChoice | TaggedSubject,
    holdId: string,
    alsoTags: readonly string[] = [],
  ): Promise<void> {
    return this.#inTurn(() => this.#holds.release(holdId, [this.#tagOf(choice), ...alsoTags]));
  }

  /** See SubjectKeysPort. */
  holds(choice: SubjectChoice | TaggedSubject): readonly LegalHold[] {
    return this.#holds.of([this.#tagOf(choice)]);
  }

  /** See SubjectKeysPort. */
  keyIds(choice: SubjectChoice | TaggedSubject): readonly string[] {
    return [...(this.#bySubject.get(this.#tagOf(choice)) ?? [])];
  }

  /** See SubjectKeysPort. */
  keyCount(): number {
    return this.#keys.size;
  }

  /** See SubjectKeysPort. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#last.catch(() => undefined);
    this.#cache.clear();
    this.#tagSecret.fill(0);
    await this.#options.store.close();
  }

  /**
   * Destroys wrapping keys that wrap nothing any more: those of a renewal, also of one that was cut off.
   * @returns their ids
   */
  async dropUnusedWrappingKeys(): Promise<readonly string[]> {
    const { kms } = this.#options;
    const used = new Set([
      this.#wrappingKeyId,
      ...Array.from(this.#keys.values(), (key) => key.wrappingKeyId),
    ]);
    const label = labelOf(this.#vaultId);
    const unused = kms.keys().filter((key) => key.label === label && !used.has(key.keyId));
    for (const { keyId } of unused) await kms.destroyKey(keyId);
    return unused.map((key) => key.keyId);
  }

  async #keyOf(scope: SubjectScope): Promise<DataKey> {
    this.#checkOpen();
    const { scopeTag, subjectTag } = tagsOf(this.#tagSecret, checkedScope(scope));
    const keyId = this.#byScope.get(scopeTag);
    if (keyId !== undefined) return this.#named(keyId);
    // Two callers at once must not make two keys for one scope.
    const making = this.#making.get(scopeTag);
    if (making) return making;
    const made = this.#store(subjectTag, scopeTag, randomBytes(DATA_KEY_BYTES)).finally(() =>
      this.#making.delete(scopeTag),
    );
    this.#making.set(scopeTag, made);
    return made;
  }

  /** Keys that are made while another is stored share one wait for the disk. */
  #store(subjectTag: string, scopeTag: string, secret: Uint8Array): Promise<DataKey> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ subjectTag, scopeTag, secret, resolve, reject });
      if (this.#pending.length > 1) return;
      const store = (): Promise<void> => this.#storePending(this.#pending.splice(0));
      this.#inTurn(store).catch((error: unknown) => {
        for (const one of this.#pending.splice(0)) one.reject(error);
      });
    });
  }

  async #storePending(pending: readonly PendingKey[]): Promise<void> {
    try {
      const made = await this.#add(pending);
      for (const [at, { resolve }] of pending.entries()) resolve(made[at]!);
    } catch (error) {
      for (const { reject } of pending) reject(error);
    }
  }

  async #add(
    keys: readonly Pick<PendingKey, 'subjectTag' | 'scopeTag' | 'secret'>[],
  ): Promise<readonly DataKey[]> {
    const wrappingKeyId = this.#wrappingKeyId;
    const stored: StoredSubjectKey[] = [];
    for (const { subjectTag, scopeTag, secret } of keys) {
      const keyId = toHex(randomBytes(16));
      const wrapped = await this.#options.kms.wrap(wrappingKeyId, secret, contextOf(keyId));
      stored.push({ keyId, subjectTag, scopeTag, wrappingKeyId, wrapped });
    }
    await this.#options.store.add(...stored);
    return stored.map((key, at) => {
      this.#know(key);
      return this.#cache.add({ keyId: key.keyId, secret: Uint8Array.from(keys[at]!.secret) });
    });
  }

  /** The key that all of the named ones make up. */
  async #whole(keyId: string): Promise<DataKey> {
    const parts = keyId.split('+');
    const keys = await Promise.all(parts.map((one) => this.#stored(one) ?? this.#derived(one)));
    // Whatever was destroyed while the others were read is overwritten by now.
    for (const one of parts) if (this.#destroyed.has(one)) throw this.#noKey(one);
    this.#checkOpen();
    return jointKey(keys);
  }

  #stored(keyId: string): Promise<DataKey> | undefined {
    return this.#keys.has(keyId) || this.#destroyed.has(keyId) ? this.#named(keyId) : undefined;
  }

  /** Key of a record: derived from the stored secret above it. */
  async #derived(keyId: string): Promise<DataKey> {
    this.#checkOpen();
    const known = this.#cache.get(keyId);
    if (known) return known;
    const derived = await this.#records.derive(keyId);
    if (derived && !this.#destroyed.has(keyId)) return this.#cache.add(derived);
    throw this.#noKey(keyId);
  }

  #nodeId(node: TreeNode): string | undefined {
    const isRoot = node.depth === 0;
    const known = isRoot ? this.#roots.get(node.tree) : undefined;
    if (known !== undefined && this.#keys.has(known)) return known;
    const keyId = this.#byScope.get(this.#nodeTags(node).scopeTag);
    if (isRoot && keyId !== undefined) this.#roots.set(node.tree, keyId);
    return keyId;
  }

  #nodeTags(node: TreeNode): { subjectTag: string; scopeTag: string } {
    return tagsOf(this.#tagSecret, nodeScope(node));
  }

  async #named(keyId: string): Promise<DataKey> {
    for (;;) {
      this.#checkOpen();
      const known = this.#cache.get(keyId);
      if (known) return known;
      const stored = this.#keys.get(keyId);
      if (!stored) throw this.#noKey(keyId);
      try {
        const { kms } = this.#options;
        const secret = await kms.unwrap(stored.wrappingKeyId, stored.wrapped, contextOf(keyId));
        if (this.#keys.get(keyId) === stored)
          return this.#cache.get(keyId) ?? this.#cache.add({ keyId, secret });
      } catch (error) {
        // Wrapped anew, or destroyed, meanwhile: the new state answers.
        if (this.#keys.get(keyId) === stored) throw error;
      }
    }
  }

  /** A key that was destroyed while its caller waited is overwritten: nothing may be sealed under it. */
  #live(key: DataKey): DataKey {
    this.#checkOpen();
    if (this.#keys.has(key.keyId)) return key;
    throw this.#noKey(key.keyId);
  }

  /** Nobody gets the keys from here on; if the store fails they come back, because the data is not erased. */
  async #destroyKeys(keyIds: readonly string[], recordKeyIds: readonly string[] = []): Promise<void> {
    if (keyIds.length === 0) return;
    const stored = keyIds.map((keyId) => this.#forget(keyId));
    for (const keyId of recordKeyIds) {
      this.#cache.drop(keyId);
      this.#destroyed.add(keyId);
    }
    try {
      await this.#options.store.destroy([...keyIds, ...recordKeyIds]);
    } catch (error) {
      for (const keyId of recordKeyIds) this.#destroyed.delete(keyId);
      for (const key of stored) {
        this.#destroyed.delete(key.keyId);
        this.#know(key);
      }
      throw error;
    }
    for (const key of stored) key.wrapped.fill(0);
  }

  async #rewrapped(key: StoredSubjectKey, wrappingKeyId: string): Promise<StoredSubjectKey> {
    const { kms } = this.#options;
    const secret = await kms.unwrap(key.wrappingKeyId, key.wrapped, contextOf(key.keyId));
    const wrapped = await kms.wrap(wrappingKeyId, secret, contextOf(key.keyId));
    secret.fill(0);
    return { ...key, wrappingKeyId, wrapped };
  }

  #know(key: StoredSubjectKey): void {
    this.#keys.set(key.keyId, key);
    this.#byScope.set(key.scopeTag, key.keyId);
    const own = this.#bySubject.get(key.subjectTag) ?? new Set<string>();
    this.#bySubject.set(key.subjectTag, own.add(key.keyId));
  }

  #forget(keyId: string): StoredSubjectKey {
    const key = this.#keys.get(keyId)!;
    this.#keys.delete(keyId);
    this.#byScope.delete(key.scopeTag);
    const own = this.#bySubject.get(key.subjectTag)!;
    own.delete(keyId);
    if (own.size === 0) this.#bySubject.delete(key.subjectTag);
    this.#cache.drop(keyId);
    this.#destroyed.add(keyId);
    return key;
  }

  #noKey(keyId: string): WitanError {
    const isErased = this.#destroyed.has(keyId);
    const message = isErased ? 'the key was destroyed: the data is erased' : `no key ${keyId}`;
    return new WitanError('not_found', message, { keyId, isErased });
  }

  #tagOf(choice: SubjectChoice | TaggedSubject): string {
    this.#checkOpen();
    return 'subjectTag' in choice ? choice.subjectTag : this.tagOf(choice);
  }

  /** The secret behind the pseudonyms is overwritten at the end: names would get other ones. */
  #checkOpen(): void {
    if (this.#isClosed) throw new WitanError('storage_failed', 'the keys of subjects are closed');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last
      .catch(() => undefined)
      .then(() => {
        this.#checkOpen();
        return work();
      });
    this.#last = turn;
    return turn;
  }
}

function checkedScope(scope: SubjectScope): SubjectScope {
  for (const path of ['tenant', 'subject', 'purpose'] as const) {
    const name = scope[path];
    if (name.length > 0 && name.length <= 1_000) continue;
    const expected = '1 to 1000 characters';
    throw new WitanError('invalid_argument', `${path}: expected ${expected}`, { path, expected });
  }
  return scope;
}

function labelOf(vaultId: string): string {
  return `subject-keys/${vaultId}`;
}

function contextOf(keyId: string): string {
  return `witan-subject-key/1 ${keyId}`;
}
