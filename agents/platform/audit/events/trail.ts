/** The trail as the rest of a node sees it: a ledger whose events go one way, notes, and who listens. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import { query } from '../../../../runtime/kernel/index.ts';
import type { ActorRef } from '../../../../runtime/kernel/index.ts';
import { withAppend, type WriterTerm } from '../../../../runtime/kernel/ports/ledger.ts';
import type {
  LedgerEntry,
  LedgerEntryInput,
  LedgerPort,
  LedgerReceipt,
} from '../../../../runtime/kernel/ports/ledger.ts';
import { isTrailEvent, withEnvelope } from './envelope.ts';
import type { MakeEventId } from './envelope.ts';
import type { EventsMessage, RecordReply } from './events-actor.ts';
import { NoteBook } from './note-book.ts';
import { RequestBook } from './request-book.ts';
import type { AnsweredRequest, RequestSampling } from './request-book.ts';

/** What a trail is made from. */
export interface TrailOptions {
  readonly ledger: LedgerPort;
  readonly clock: Clock;
  readonly node: string;
  readonly makeId: MakeEventId;
  readonly noteMaxCount: number;
  readonly sampling: RequestSampling;
  /** `/platform/audit/events`; undefined before it starts and after it ended. */
  readonly find: () => ActorRef<EventsMessage> | undefined;
  /** Told of what a listener threw. */
  readonly onListenerError: (error: unknown) => void;
}

/** Told of each entry once it is durable, in the order in which that became known. */
export type TrailListener = (entry: LedgerEntry) => void;

/** Time that an event may wait for its turn and its sync. */
const RECORD_MS = 30_000;

/** See the file's head. */
export class AuditTrail {
  /** The log: its events go through the actor, all other entries straight on. */
  readonly ledger: LedgerPort;
  /** The log itself, for the actor. */
  readonly log: LedgerPort;
  readonly notes: NoteBook;
  readonly requests: RequestBook;
  readonly #options: TrailOptions;
  readonly #listeners = new Set<TrailListener>();
  #isTold = false;

  constructor(options: TrailOptions) {
    this.#options = options;
    this.log = options.ledger;
    this.notes = new NoteBook(options.noteMaxCount);
    this.requests = new RequestBook(options.sampling);
    this.ledger = withAppend(options.ledger, (entry, given) => this.#append(entry, given));
  }

  /** Puts an event on its way to the record; never waits and never throws. */
  note(entry: LedgerEntryInput): void {
    this.notes.note(entry, this.#options.clock.wallMs());
    this.#tell();
  }

  /** Counts an answered request; some get events of their own. */
  answered(request: AnsweredRequest): void {
    const entry = this.requests.note(request, this.#options.clock.wallMs());
    if (entry) this.note(entry);
  }

  /** Calls `listener` for each entry from now on. Returns an unsubscribe. */
  subscribe(listener: TrailListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Appends an event that was noted. @throws as the ledger */
  async appendNoted(entry: LedgerEntryInput): Promise<void> {
    const receipt = await this.#options.ledger.append(withEnvelope(entry, this.#options));
    this.#publish(receipt.entry);
  }

  /** The actor has read the note book. */
  taken(): void {
    this.#isTold = false;
  }

  #tell(): void {
    if (this.#isTold) return;
    const actor = this.#options.find();
    if (!actor) return;
    this.#isTold = true;
    actor.tell({ type: 'due' });
  }

  async #append(entry: LedgerEntryInput, term?: WriterTerm): Promise<LedgerReceipt> {
    const receipt = isTrailEvent(entry)
      ? await this.#record(withEnvelope(entry, this.#options), term)
      : await this.#options.ledger.append(entry, term);
    if (receipt.appended) this.#publish(receipt.entry);
    return receipt;
  }

  /** Before the actor starts and after it ended, events go straight to the log: durable all the same. */
  async #record(entry: LedgerEntryInput, term?: WriterTerm): Promise<LedgerReceipt> {
    const { find, ledger } = this.#options;
    const actor = find();
    if (!actor) return ledger.append(entry, term);
    let reply: RecordReply;
    try {
      reply = await query(
        actor,
        (replyTo: ActorRef<RecordReply>) => ({
          type: 'record' as const,
          entry,
          term,
          replyTo,
        }),
        { timeoutMs: RECORD_MS },
      );
    } catch (error) {
      // The actor ended meanwhile. An event twice, under one id, is better than an event that is lost.
      if (error instanceof WitanError && error.code === 'stopped') return ledger.append(entry, term);
      throw error;
    }
    if (reply.type === 'failed') throw reply.error;
    return reply.receipt;
  }

  #publish(entry: LedgerEntry): void {
    for (const listener of this.#listeners) {
      try {
        listener(entry);
      } catch (error) {
        this.#options.onListenerError(error);
      }
    }
  }
}
