/** Writes content into the log, one after the other: first registration of a hash wins. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { ContentCertificateView } from '../../../../contracts/messages/content/certificate.ts';
import type {
  ContentChainState,
  ContentReceipt,
  ContentRecord,
} from '../../../../contracts/messages/content/registration.ts';
import type { ContentRecordPlace } from '../../../../contracts/messages/content/content-fields.ts';
import type { Digest } from '../../../../contracts/messages/ids.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import { digestOf } from '../../../../runtime/kernel/crypto/digest.ts';
import type { KeysPort } from '../../../../runtime/kernel/ports/keys.ts';
import type { LedgerEntry } from '../../../../runtime/kernel/ports/ledger.ts';
import type { ContentChainNames } from '../chain/content-chain.ts';
import { FRESH_JOB } from '../chain/content-job.ts';
import type { ContentJob } from '../chain/content-job.ts';
import type { JobBook } from '../chain/job-book.ts';
import type { ContentJobResult } from '../chain/next-step.ts';
import type { CertificateChange, MadeMark, Registration } from '../messages.ts';
import { certificatesIn, makeCertificate } from './certificates.ts';
import { chainStateOf } from './chain-state.ts';
import { eventsOf, placeOf, recordIn } from './content-log.ts';
import type { ContentLog, LoggedEvent } from './content-log.ts';

/** What the keeper works with. */
export interface RegistryKeeperOptions {
  readonly log: ContentLog;
  readonly keys: KeysPort;
  readonly clock: Clock;
  /** Null: this node registers in its log alone. */
  readonly book: JobBook | null;
  /** 32 random bytes, `0x` + hex. */
  newSalt(): string;
  /** Days of a certificate; 0: it does not end by itself. */
  readonly certificateLifeDays: number;
  /** Called when there is work for the chain. */
  onWork(): void;
}

const ORIGINS = ['generated', 'modified', 'combined'] as const;

/** Not safe against itself: its actor calls it one message at a time. */
export class RegistryKeeper {
  readonly #options: RegistryKeeperOptions;

  constructor(options: RegistryKeeperOptions) {
    this.#options = options;
  }

  /** Joins jobs and log after a crash between the two: what the log does not know was never acknowledged. */
  async recover(): Promise<void> {
    const { book, log } = this.#options;
    for (const job of book?.all() ?? []) {
      if (job.isRecorded) continue;
      const events = await log.ofContent(job.tenant, job.contentHash);
      const entry = entryOf(job, events);
      if (entry) await book!.put(onRecord(job, entry));
      else await book!.end(job.id);
    }
  }

  /**
   * Registers a content; the answer comes when the entry is durable.
   * @throws already_exists with `details.record`, not_found for a parent, storage_failed, unavailable,
   *   overloaded while too many wait for the chain
   */
  async register(registration: Registration): Promise<ContentReceipt> {
    const { log, book } = this.#options;
    const { tenant, contentHash, parents, by } = registration;
    book?.assertRoom(2);
    await this.#refuseKnown(registration);
    for (const [at, parent] of parents.entries()) {
      if (await log.record(tenant, parent)) continue;
      const details = { path: `parents.${at}`, expected: 'a registered content' };
      throw new WitanError('not_found', `the parent ${parent} is not registered`, details);
    }
    const job = book && this.#registerJob(registration);
    // First the job, then the entry: what is on the record and should be on the chain is never forgotten.
    if (job) await book.put(job);
    for (const parent of parents) {
      const link = { contentHash: parent, child: contentHash, relation: 'made-from' } as const;
      await log.append(tenant, parent, { event: 'content-child', ...link });
    }
    const { certify, tenant: _tenant, by: _by, ...content } = registration;
    const payload = {
      event: 'content-registered',
      ...content,
      registeredBy: by,
      onChain: job !== null,
    } as const;
    const entry = await this.#appended(tenant, contentHash, payload as never);
    if (job) await book.put(onRecord(job, entry));
    const events: LoggedEvent[] = [{ entry, payload: entry.payload as never }];
    const record = recordIn(events, log.ledger.logId)!;
    const certificate = certify ? await this.#issue(record, { tenant, by, contentHash }, undefined) : null;
    if (job) this.#options.onWork();
    const chain: ContentChainState = chainStateOf(events, book?.get(job?.id ?? ''));
    return { record, proof: await log.ledger.proof(entry.index), chain, certificate };
  }

  /** Issues a certificate. @throws not_found, storage_failed, overloaded */
  async certify(change: CertificateChange, lifeDays: number | undefined): Promise<ContentCertificateView> {
    const { log, book } = this.#options;
    book?.assertRoom(1);
    const record = await log.record(change.tenant, change.contentHash);
    if (!record) throw unknownContent(change.contentHash);
    const { body } = await this.#issue(record, change, lifeDays);
    this.#options.onWork();
    return this.#certificate(change, body.id);
  }

  /** Revokes a certificate; a second revocation changes nothing. @throws not_found, storage_failed */
  async revoke(
    change: CertificateChange,
    certificateId: string,
    reason: string,
  ): Promise<ContentCertificateView> {
    const { log, book } = this.#options;
    const { tenant, contentHash, by } = change;
    const before = await this.#certificate(change, certificateId);
    const events = await log.ofContent(tenant, contentHash);
    if (
      eventsOf(events, 'content-certificate-revoked').some(
        (one) => one.payload.certificateId === certificateId,
      )
    ) {
      return before;
    }
    const issued = eventsOf(events, 'content-certificate').find(
      ({ payload }) => payload.certificate.body.id === certificateId,
    )!;
    const evidenceHash = issued.entry.leafHash;
    const job = book && revocationJob({ tenant, contentHash, certificateId, evidenceHash });
    if (job) await book.put(job);
    const payload = { event: 'content-certificate-revoked', contentHash, certificateId, reason, by } as const;
    const entry = await this.#appended(tenant, contentHash, payload);
    if (job) await book.put(onRecord(job, entry));
    this.#options.onWork();
    return this.#certificate(change, certificateId);
  }

  /** Puts a mark on the record: where the mark finds it, and at the content that was marked. */
  async marked({ tenant, ...mark }: MadeMark): Promise<ContentRecordPlace> {
    const { log } = this.#options;
    const { originalHash: contentHash, markedHash: child, markId } = mark;
    const known = eventsOf(await log.ofMark(tenant, markId), 'content-watermarked');
    const same = known.find(({ payload }) => payload.markedHash === child);
    if (same) return placeOf(same.entry, log.ledger.logId);
    await log.append(tenant, contentHash, {
      event: 'content-child',
      contentHash,
      child,
      relation: 'watermarked',
    });
    const entry = await log.appendMark(tenant, { event: 'content-watermarked', ...mark });
    return placeOf(entry, log.ledger.logId);
  }

  /** Puts the end of a job on the record, once. */
  async recordEnd(job: ContentJob, result: ContentJobResult, names: ContentChainNames): Promise<void> {
    const { log } = this.#options;
    const { tenant, contentHash, id: jobId, kind, detail } = job;
    const known = eventsOf(await log.ofContent(tenant, contentHash), 'content-chain');
    if (known.some(({ payload }) => payload.jobId === jobId)) return;
    await log.append(tenant, contentHash, {
      event: 'content-chain',
      contentHash,
      jobId,
      kind,
      certificateId: job.kind === 'register' ? null : job.certificateId,
      state: result.state,
      chainId: names.chainId,
      contract: names.registry,
      tokenId: result.tokenId ?? null,
      chainCertificateId: result.chainCertificateId ?? null,
      lineage: result.lineage ?? null,
      transactions: job.transactions.map(({ step, state, variants, includedHash }) => ({
        step,
        hash: includedHash ?? variants.at(-1)!.hash,
        state,
      })),
      detail,
    });
  }

  async #refuseKnown({ tenant, contentHash }: Registration): Promise<void> {
    const { log, book } = this.#options;
    const known = await log.record(tenant, contentHash);
    if (known) {
      throw new WitanError('already_exists', 'Content already registered', { path: 'digest', record: known });
    }
    const other = book?.registrationOf(contentHash);
    if (!other || other.tenant === tenant) return;
    // One token a hash, whoever asked first; the chain will tell everybody in a moment.
    throw new WitanError('already_exists', 'Content already registered', { path: 'digest' });
  }

  async #issue(
    record: ContentRecord,
    { tenant, by, contentHash }: CertificateChange,
    lifeDays: number | undefined,
  ): Promise<ContentCertificateView['certificate']> {
    const { book, keys, clock, certificateLifeDays } = this.#options;
    const life = lifeDays ?? certificateLifeDays;
    const certificate = makeCertificate(record, { keys, nowMs: clock.wallMs(), lifeDays: life });
    const { id: certificateId, expiresAt } = certificate.body;
    const job: ContentJob | null = book && {
      ...FRESH_JOB,
      transactions: [],
      kind: 'certificate',
      id: certificateId,
      tenant,
      contentHash,
      certificateId,
      evidenceHash: '',
      expiresAtS: expiresAt === null ? 0 : Math.floor(Date.parse(expiresAt) / 1_000),
    };
    if (job) await book!.put(job);
    const payload = { event: 'content-certificate', contentHash, certificate, by } as const;
    const entry = await this.#appended(tenant, contentHash, payload);
    if (job) await book!.put(onRecord(job, entry));
    return certificate;
  }

  async #certificate(
    { tenant, contentHash }: CertificateChange,
    certificateId: string,
  ): Promise<ContentCertificateView> {
    const { log, keys, clock } = this.#options;
    const events = await log.ofContent(tenant, contentHash);
    const views = certificatesIn(events, { keys, nowMs: clock.wallMs() });
    const view = views.find(({ certificate }) => certificate.body.id === certificateId);
    if (view) return view;
    const details = { path: 'id', expected: 'a certificate of this content' };
    throw new WitanError('not_found', `there is no certificate ${certificateId}`, details);
  }

  /** An append whose outcome is unknown is read back before anything is said. */
  async #appended(
    tenant: string,
    contentHash: string,
    payload: Parameters<ContentLog['append']>[2],
  ): Promise<LedgerEntry> {
    const { log } = this.#options;
    try {
      return await log.append(tenant, contentHash, payload);
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'unavailable') throw error;
      const wanted = digestOf(payload);
      const events = await log.ofContent(tenant, contentHash);
      const found = events.find(({ payload: read }) => digestOf(read) === wanted);
      if (!found) throw error;
      return found.entry;
    }
  }

  #registerJob({ tenant, contentHash, metadata, metadataCid, origin, parents }: Registration): ContentJob {
    const { modelId, modelDigest, modelVersion = 'unversioned', parameters } = metadata;
    return {
      ...FRESH_JOB,
      transactions: [],
      kind: 'register',
      id: `r${contentHash.slice(7)}`,
      tenant,
      contentHash,
      modelId,
      metadata: metadataCid,
      salt: this.#options.newSalt(),
      model: modelDigest === undefined ? null : { digest: modelDigest, version: modelVersion },
      origin: ORIGINS.indexOf(origin),
      parametersHash: digestOf(parameters),
      // The contract takes them in ascending order.
      parents: [...parents].sort(),
    };
  }
}

/** The error for a hash that the tenant's log does not know. */
export function unknownContent(contentHash: string): WitanError {
  const details = { path: 'hash', expected: 'a registered content', contentHash: contentHash as Digest };
  return new WitanError('not_found', `the content ${contentHash} is not registered`, details);
}

function revocationJob(
  facts: Pick<
    ContentJob & { kind: 'revocation' },
    'tenant' | 'contentHash' | 'certificateId' | 'evidenceHash'
  >,
): ContentJob & { kind: 'revocation' } {
  const id = `${facts.certificateId}-revocation`;
  return { ...FRESH_JOB, transactions: [], kind: 'revocation', id, ...facts, reasonHash: facts.evidenceHash };
}

/** Entry that the job belongs to; undefined: it was never written, so nobody was told of it. */
function entryOf(job: ContentJob, events: readonly LoggedEvent[]): LedgerEntry | undefined {
  if (job.kind === 'register') return eventsOf(events, 'content-registered')[0]?.entry;
  if (job.kind === 'certificate') {
    const issued = eventsOf(events, 'content-certificate');
    return issued.find(({ payload }) => payload.certificate.body.id === job.certificateId)?.entry;
  }
  const revoked = eventsOf(events, 'content-certificate-revoked');
  return revoked.find(({ payload }) => payload.certificateId === job.certificateId)?.entry;
}

/** The job once its entry is durable: a certificate rests on its own entry, so that no two share theirs. */
function onRecord(job: ContentJob, { leafHash }: LedgerEntry): ContentJob {
  if (job.kind === 'certificate') return { ...job, isRecorded: true, evidenceHash: leafHash };
  if (job.kind === 'revocation') return { ...job, isRecorded: true, reasonHash: leafHash };
  return { ...job, isRecorded: true };
}
