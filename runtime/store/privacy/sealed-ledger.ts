/**
 * The ledger as readers with the keys see it: what is personal in a decision's entries is sealed on the way
 * in
 * and opened on the way out.
 *
 * `canonical`, hashes and proofs are those of the record: they cover the sealed form, and stay valid when the
 * keys are gone.
 */
import { LRUCache } from 'lru-cache';
import { WitanError } from '../../../contracts/errors.ts';
import { decisionDigest } from '../../../contracts/ledger/signing.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { FinalPayload } from '../../../contracts/messages/final.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type {
  SealedNotice,
  SealedOpened,
  SealedResolution,
} from '../../../contracts/messages/privacy/sealed-record.ts';
import type { SealedData } from '../../../contracts/messages/privacy/sealed.ts';
import type { OpenedPayload, ResolutionPayload } from '../../../contracts/messages/session.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { requestData } from '../../kernel/audit-index/projection.ts';
import { isErasure } from '../../kernel/crypto/personal-fields.ts';
import { fingerprintOf } from '../../kernel/decision-index/fingerprint.ts';
import type { Clock } from '../../kernel/clock.ts';
import { freezeDeep } from '../../kernel/frozen.ts';
import type { RecordKey, SubjectKeysPort } from '../../kernel/ports/crypto/subject-keys.ts';
import type { DecisionPrivacyPort } from '../../kernel/ports/decision/decision-privacy.ts';
import { withEntry } from '../../kernel/ports/ledger.ts';
import type {
  LedgerEntry,
  LedgerEntryInput,
  LedgerPort,
  LedgerReceipt,
  WriterTerm,
} from '../../kernel/ports/ledger.ts';
import { recordedEntry } from '../ledger/recorded-entry.ts';
import { personScopes } from './person-keys.ts';
import { maskFingerprint, unmaskFingerprint } from './masked-fingerprint.ts';
import {
  finalForm,
  finalOf,
  noticeForm,
  noticeOf,
  openedForm,
  openedOf,
  resolutionForm,
  resolutionOf,
  type Notice,
  type SealedForm,
  type Unsealed,
} from './sealed-payloads.ts';

/** Decisions whose key is remembered until their end; the name of an older one is read from its entry. */
const KEYS_REMEMBERED = 16_384;

/** What a sealed ledger is made of. */
export interface SealedLedgerOptions {
  readonly ledger: LedgerPort;
  readonly keys: SubjectKeysPort;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Which decisions are sealed; see the setting `privacy.sealInput`. */
  isSealed(decision: Decision): boolean;
}

interface DecisionKey extends RecordKey {
  readonly subjectTags: readonly string[];
  readonly keyPeriod: string;
}

/** See the head of this file. */
export class SealedLedger implements LedgerPort, DecisionPrivacyPort {
  readonly logId: string;
  readonly #options: SealedLedgerOptions;
  /** Keys of recorded decisions. */
  readonly #keyIds = new LRUCache<DecisionId, string>({ max: KEYS_REMEMBERED });
  /** Keys of decisions whose `opened` entry is not written yet; another attempt may have been recorded. */
  readonly #drawn = new LRUCache<DecisionId, DecisionKey>({ max: KEYS_REMEMBERED });

  readonly #recordedOf = new WeakMap<LedgerEntry, LedgerEntry>();

  constructor(options: SealedLedgerOptions) {
    this.#options = options;
    this.logId = options.ledger.logId;
  }

  /** The record itself, as it is hashed. */
  get recorded(): LedgerPort {
    return this.#options.ledger;
  }

  /** See DecisionPrivacyPort. */
  async conceal(decision: Decision): Promise<Decision> {
    if (!this.#options.isSealed(decision)) return decision;
    const { decisionId, request } = decision;
    const { salt } = await this.#draw(decisionId, decision.tenant, request.subjects ?? []);
    return { ...decision, digest: decisionDigest(request, sha256, salt), salt };
  }

  /** See DecisionPrivacyPort. */
  async unmask(masked: string): Promise<string | undefined> {
    const { keys } = this.#options;
    return unmaskFingerprint(masked, (keyId) => keys.saltOf(keyId).catch(() => undefined));
  }

  /** See DecisionPrivacyPort. */
  recordedOf(entry: LedgerEntry): LedgerEntry {
    return this.#recordedOf.get(entry) ?? entry;
  }

  /** See LedgerPort. @throws conflict also for a decision whose first input is erased */
  async append(input: LedgerEntryInput, term?: WriterTerm): Promise<LedgerReceipt> {
    const { decisionId, kind } = input;
    if (decisionId === undefined) return this.#options.ledger.append(input, term);
    if (kind === 'opened') return this.#open(input as OpenedInput, term);
    const form = formOf(input);
    const keyId = form && (await this.#keyIdOf(decisionId));
    if (!form || keyId === undefined) return this.#options.ledger.append(input, term);
    const payload = await this.#sealed(form, keyId);
    const receipt = await this.#options.ledger.append({ ...input, payload }, term);
    if (receipt.appended) return withEntry(receipt, this.#plain(receipt.entry, input.payload));
    return withEntry(receipt, await this.#read(receipt.entry));
  }

  /** See LedgerPort. */
  async byDecision(decisionId: DecisionId): Promise<LedgerEntry[]> {
    const entries = await this.#options.ledger.byDecision(decisionId);
    return Promise.all(entries.map((entry) => this.#read(entry)));
  }

  /** See LedgerPort. */
  async entry(index: number): Promise<LedgerEntry | undefined> {
    const entry = await this.#options.ledger.entry(index);
    return entry && this.#read(entry);
  }

  /** See LedgerPort. */
  async *read(fromIndex: number): AsyncGenerator<LedgerEntry> {
    for await (const entry of this.#options.ledger.read(fromIndex)) yield this.#read(entry);
  }

  size(): number {
    return this.#options.ledger.size();
  }

  checkpoint(): ReturnType<LedgerPort['checkpoint']> {
    return this.#options.ledger.checkpoint();
  }

  proof(index: number): ReturnType<LedgerPort['proof']> {
    return this.#options.ledger.proof(index);
  }

  inclusion(index: number, size: number): Promise<string[]> {
    return this.#options.ledger.inclusion(index, size);
  }

  consistency(fromSize: number, toSize: number): Promise<string[]> {
    return this.#options.ledger.consistency(fromSize, toSize);
  }

  tile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#options.ledger.tile(level, index, width);
  }

  close(): Promise<void> {
    return this.#options.ledger.close();
  }

  async #open(input: OpenedInput, term?: WriterTerm): Promise<LedgerReceipt> {
    const { decisionId, payload } = input;
    const { salt, request } = payload;
    if (salt === undefined) {
      return this.#options.ledger.append(input, term).catch((error: unknown) => this.#sameOr(error, input));
    }
    const drawn = this.#drawn.get(decisionId);
    // What was digested under another salt would never be proved.
    if (drawn?.salt !== salt) throw new WitanError('internal', 'the salt is not that of the decision');
    const data = requestData(request).map(({ digest, role }) => ({
      tag: this.#options.keys.tagOf(datumSubject(input.tenant, digest)),
      role,
    }));
    const fingerprint = maskFingerprint(fingerprintOf(request), drawn);
    const { subjectTags, keyPeriod } = drawn;
    const form = openedForm(payload, { fingerprint, subjectTags, keyPeriod, data });
    const sealed = await this.#sealed(form, drawn.keyId);
    try {
      const receipt = await this.#options.ledger.append({ ...input, payload: sealed }, term);
      if (!receipt.appended) return withEntry(receipt, await this.#read(receipt.entry));
      this.#drawn.delete(decisionId);
      this.#keyIds.set(decisionId, drawn.keyId);
      const plain = freezeDeep({ ...payload, input: 'sealed' as const });
      return withEntry(receipt, this.#plain(receipt.entry, plain));
    } catch (error) {
      return this.#sameOr(error, input);
    }
  }

  /** Digests under different salts always differ: whether it is the same input is said by the input itself. */
  async #sameOr(error: unknown, { decisionId, payload }: OpenedInput): Promise<LedgerReceipt> {
    if (!(error instanceof WitanError) || error.code !== 'conflict') throw error;
    this.#drawn.delete(decisionId);
    const first = (await this.byDecision(decisionId)).find((entry) => entry.kind === 'opened');
    const recorded = first?.payload as OpenedPayload | undefined;
    if (!first || !recorded || recorded.input === 'erased') throw error;
    if (decisionDigest(recorded.request, sha256) !== decisionDigest(payload.request, sha256)) throw error;
    const { index, leafHash } = first;
    return { logId: this.logId, index, leafHash, appended: false, entry: first };
  }

  async #draw(decisionId: DecisionId, tenant: string, subjects: readonly string[]): Promise<DecisionKey> {
    const { keys, clock } = this.#options;
    const { keyPeriod, scopes } = personScopes(tenant, subjects, clock.wallMs());
    const drawn = await keys.drawRecordKey(scopes);
    const key = { ...drawn, subjectTags: scopes.map((scope) => keys.tagOf(scope)), keyPeriod };
    this.#drawn.set(decisionId, key);
    return key;
  }

  /** Name of the key of a decision; undefined when its entries are plain. */
  async #keyIdOf(decisionId: DecisionId): Promise<string | undefined> {
    const known = this.#keyIds.get(decisionId);
    if (known !== undefined) return known;
    const entries = await this.#options.ledger.byDecision(decisionId);
    const opened = entries.find((entry) => entry.kind === 'opened')?.payload as Partial<SealedOpened>;
    const keyId = opened?.sealed?.keyId;
    if (keyId !== undefined) this.#keyIds.set(decisionId, keyId);
    return keyId;
  }

  async #sealed<T>({ secret, around }: SealedForm<T>, keyId: string): Promise<T> {
    const sealed = (await this.#options.keys.sealRecord(keyId, secret)) as SealedData;
    // Frozen, the ledger hands it back as it is instead of reading its own text.
    return freezeDeep(around(sealed));
  }

  async #unseal(sealed: SealedData): Promise<Unsealed> {
    try {
      return { bytes: await this.#options.keys.open(sealed) };
    } catch (error) {
      if (isErasure(error)) return 'erased';
      if (error instanceof WitanError && error.code === 'not_found') return 'unknown-key';
      throw error;
    }
  }

  async #read(entry: LedgerEntry): Promise<LedgerEntry> {
    const recorded = entry.payload as { readonly format?: string; readonly sealed?: SealedData };
    const { sealed, format } = recorded;
    if (entry.decisionId === undefined || sealed === undefined) return entry;
    const read = await this.#unseal(sealed);
    const as = (payload: unknown): LedgerEntry => this.#plain(entry, payload);
    if (format === 'witan-opened/2') return as(await this.#openedOf(recorded as SealedOpened, read));
    if (format === 'witan-resolution/2') return as(resolutionOf(recorded as SealedResolution, read));
    if (format === 'witan-notice/2') return as(noticeOf(recorded as SealedNotice, read));
    return entry.kind === 'final' ? as(finalOf(recorded as FinalPayload, read)) : entry;
  }

  #plain(recorded: LedgerEntry, payload: unknown): LedgerEntry {
    const { index, atWallMs, kind, tenant, decisionId, leafHash, chainHash } = recorded;
    const parts = { index, atWallMs, kind, tenant, decisionId, leafHash, chainHash, given: payload };
    // The text is made when somebody asks for it, which few do.
    const entry = recordedEntry(parts, () => recorded.canonical);
    this.#recordedOf.set(entry, recorded);
    return entry;
  }

  async #openedOf(recorded: SealedOpened, read: Unsealed): Promise<OpenedPayload> {
    const { keyId } = recorded.sealed;
    const salt = typeof read === 'object' ? await this.#options.keys.saltOf(keyId) : undefined;
    return freezeDeep(openedOf(recorded, read, salt));
  }
}

/** Whom a datum is looked up as, in the pseudonyms of a tenant. */
export function datumSubject(tenant: string, digest: string): { tenant: string; subject: string } {
  return { tenant, subject: `datum/${digest}` };
}

type OpenedInput = LedgerEntryInput & {
  readonly decisionId: DecisionId;
  readonly payload: OpenedPayload;
};

function formOf({ kind, payload }: LedgerEntryInput): SealedForm<unknown> | undefined {
  if (kind === 'final') return finalForm(payload as FinalPayload);
  if (kind === 'resolution') return resolutionForm(payload as ResolutionPayload);
  const isNotice = (kind === 'late-ballot' || kind === 'event') && Object.hasOwn(payload as object, 'notice');
  return isNotice ? noticeForm(payload as Notice) : undefined;
}
