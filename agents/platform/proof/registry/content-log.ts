/** Content in the log: which entries there are, and how they are found again. The log is the only store. */
import { decisionIdOf } from '../../../../contracts/ledger/signing.ts';
import { ContentCertificate } from '../../../../contracts/messages/content/certificate.ts';
import type { ContentRecord } from '../../../../contracts/messages/content/registration.ts';
import { ContentRecord as ContentRecordSchema } from '../../../../contracts/messages/content/registration.ts';
import type { DecisionId, Digest } from '../../../../contracts/messages/ids.ts';
import { sha256 } from '../../../../runtime/kernel/crypto/digest.ts';
import type { LedgerEntry, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';

/** What is registered, as it stands in an entry: the record without its own place. */
export type RegisteredContent = Omit<ContentRecord, 'place'>;

/** Payloads of the entries about content. */
export type ContentEvent =
  | ({ readonly event: 'content-registered'; readonly onChain: boolean } & RegisteredContent)
  /** Stands at the parent, so that what was made from it is found. */
  | {
      readonly event: 'content-child';
      readonly contentHash: string;
      readonly child: string;
      readonly relation: 'made-from' | 'watermarked';
    }
  | {
      readonly event: 'content-certificate';
      readonly contentHash: string;
      readonly certificate: ContentCertificate;
      readonly by: string;
    }
  | {
      readonly event: 'content-certificate-revoked';
      readonly contentHash: string;
      readonly certificateId: string;
      readonly reason: string;
      readonly by: string;
    }
  | {
      readonly event: 'content-chain';
      readonly contentHash: string;
      /** Job of the outbox; one entry each. */
      readonly jobId: string;
      readonly kind: 'register' | 'certificate' | 'revocation';
      readonly certificateId: string | null;
      readonly state: string;
      readonly chainId: number;
      readonly contract: string;
      readonly tokenId: string | null;
      readonly chainCertificateId: string | null;
      readonly lineage: 'recorded' | 'skipped' | null;
      readonly transactions: readonly { step: string; hash: string; state: string }[];
      readonly detail: string;
    }
  | {
      readonly event: 'content-watermarked';
      readonly markId: string;
      readonly kind: 'text' | 'image';
      readonly originalHash: string;
      readonly markedHash: string;
      readonly keyId: string;
      readonly by: string;
    };

/** One kind of {@link ContentEvent}. */
export type EventOf<Name extends ContentEvent['event']> = Extract<ContentEvent, { event: Name }>;

/** An event with its entry. */
export interface LoggedEvent<Name extends ContentEvent['event'] = ContentEvent['event']> {
  readonly entry: LedgerEntry;
  readonly payload: EventOf<Name>;
}

/** Reads and writes the entries of one log. A tenant sees its own alone. */
export class ContentLog {
  readonly ledger: LedgerPort;

  constructor(ledger: LedgerPort) {
    this.ledger = ledger;
  }

  /** Entries about one content, oldest first. */
  ofContent(tenant: string, contentHash: string): Promise<LoggedEvent[]> {
    return this.#of(tenant, contentName(contentHash));
  }

  /** Entries about one mark. */
  ofMark(tenant: string, markId: string): Promise<LoggedEvent[]> {
    return this.#of(tenant, `content-mark:${markId}`);
  }

  /** Resolves when the entry is durable. @throws storage_failed, unavailable */
  async append(tenant: string, contentHash: string, payload: ContentEvent): Promise<LedgerEntry> {
    return this.#append(tenant, contentName(contentHash), payload);
  }

  /** Puts an entry where the mark finds it. @throws storage_failed, unavailable */
  async appendMark(tenant: string, payload: EventOf<'content-watermarked'>): Promise<LedgerEntry> {
    return this.#append(tenant, `content-mark:${payload.markId}`, payload);
  }

  /** Record of a content. */
  async record(tenant: string, contentHash: string): Promise<ContentRecord | undefined> {
    return recordIn(await this.ofContent(tenant, contentHash), this.ledger.logId);
  }

  async #append(tenant: string, name: string, payload: ContentEvent): Promise<LedgerEntry> {
    const decisionId = idOf(tenant, name);
    const { entry } = await this.ledger.append({ kind: 'event', tenant, decisionId, payload });
    return entry;
  }

  async #of(tenant: string, name: string): Promise<LoggedEvent[]> {
    const entries = await this.ledger.byDecision(idOf(tenant, name));
    return entries
      .filter((entry) => entry.kind === 'event' && entry.tenant === tenant)
      .map((entry) => ({ entry, payload: entry.payload as ContentEvent }));
  }
}

/** Events of one kind. */
export function eventsOf<Name extends ContentEvent['event']>(
  events: readonly LoggedEvent[],
  name: Name,
): LoggedEvent<Name>[] {
  return events.filter((one) => one.payload.event === name) as unknown as LoggedEvent<Name>[];
}

/** The record among the events of one content; the first one wins. */
export function recordIn(events: readonly LoggedEvent[], logId: string): ContentRecord | undefined {
  const [first] = eventsOf(events, 'content-registered');
  if (!first) return undefined;
  const { event: _event, onChain: _onChain, ...content } = first.payload;
  const {
    by: _by,
    at: _at,
    audit: _audit,
    ...known
  } = content as RegisteredContent & Record<string, unknown>;
  return ContentRecordSchema.parse({ ...known, place: placeOf(first.entry, logId) });
}

/** Where an entry stands. */
export function placeOf({ index, leafHash, atWallMs }: LedgerEntry, logId: string): ContentRecord['place'] {
  return { logId, index, leafHash: leafHash as Digest, at: new Date(atWallMs).toISOString() };
}

function contentName(contentHash: string): string {
  return `content:${contentHash}`;
}

/** The derivation of a decision's id, under a key that no decision can have. */
function idOf(tenant: string, name: string): DecisionId {
  return decisionIdOf(tenant, name, sha256);
}
