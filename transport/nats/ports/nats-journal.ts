/**
 * {@link JournalPort} over JetStream: a subject a key, one message an append.
 *
 * An append names the message that it follows (`Nats-Expected-Last-Subject-Sequence`). That message holds the
 * key's sequence and highest generation, so what a writer was checked against is what the server compares when
 * it stores: of two writers one is refused, whatever either had read. docs/adr/0029 has the reasons.
 */
import { LRUCache } from 'lru-cache';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type {
  AppendOptions,
  JournalEvent,
  JournalPort,
  JournalSnapshot,
} from '../../../runtime/kernel/ports/journal.ts';
import { insist, timeLeft } from '../jetstream/insist.ts';
import type { TimeLeft } from '../jetstream/insist.ts';
import type { JetStreamApi, StoredMessage } from '../jetstream/jetstream-api.ts';
import { journalKey, journalNames, journalPattern, journalTokens } from './journal-keys.ts';
import type { JournalNames } from './journal-keys.ts';
import { decodeAppend, decodeSnapshot, encodeAppend, encodeSnapshot } from './journal-record.ts';
import type { SnapshotRecord } from './journal-record.ts';
import { PortGate } from './port-gate.ts';

/** Settings of a journal. */
export interface NatsJournalOptions {
  /** Whose journal this is: the name of the cluster. */
  readonly cluster: string;
  /** Copies in a cluster of servers (default 1). */
  readonly replicaCount?: number;
  /** Bytes of events, and again of snapshots, that the server keeps and sets aside (default 268,435,456). */
  readonly maxBytes?: number;
  /** Time of one operation; a leader's election takes 4 to 8 s (default 10,000). */
  readonly timeoutMs?: number;
}

type NewEvents = readonly Pick<JournalEvent, 'type' | 'schemaVersion' | 'payload'>[];

/** Where a key stands. */
interface Head {
  /** Place in the stream of the key's last message; 0: it has none. */
  readonly at: number;
  /** Sequence of the first event of that message, and of the key's last event. */
  readonly first: number;
  readonly sequence: number;
  readonly generation: number;
}

const EXPECTED = 'Nats-Expected-Last-Subject-Sequence';
const NO_HEAD: Head = { at: 0, first: 1, sequence: 0, generation: 0 };
const TIMEOUT_MS = 10_000;
const ATTEMPT_MS = 1_500;
// Looks at a leader that knows less than is known here.
const BEHIND_MAX_COUNT = 4;
const HEADS_MAX_COUNT = 10_000;
// Writers that only raise the generation, or snapshots that overtake each other, make an append look again.
const MAX_RACES = 16;

/** See the head of this file; `open` makes the streams. */
export class NatsJournal implements JournalPort {
  readonly #api: JetStreamApi;
  readonly #clock: Clock;
  readonly #names: JournalNames;
  readonly #timeoutMs: number;
  readonly #gate = new PortGate('journal');
  readonly #heads = new LRUCache<string, Head>({ max: HEADS_MAX_COUNT });
  /** Where the events after a snapshot start: spares reading those before it. */
  readonly #starts = new LRUCache<string, { readonly sequence: number; readonly from: number }>({
    max: HEADS_MAX_COUNT,
  });
  /** Names the appends of this journal; two journals never share it. */
  readonly #writer: string;
  #appendCount = 0;

  private constructor(api: JetStreamApi, clock: Clock, options: NatsJournalOptions) {
    this.#api = api;
    this.#clock = clock;
    this.#names = journalNames(options.cluster);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#writer = api.link.newInbox();
  }

  /** Opens the journal, creating its streams when missing. @throws not_supported, unavailable */
  static async open(api: JetStreamApi, clock: Clock, options: NatsJournalOptions): Promise<NatsJournal> {
    const journal = new NatsJournal(api, clock, options);
    const { stream, snapshotStream, prefix, snapshotPrefix } = journal.#names;
    const terms = {
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      num_replicas: options.replicaCount ?? 1,
      max_bytes: options.maxBytes ?? 268_435_456,
      deny_delete: true,
    } as const;
    await api.ensureStream({ name: stream, subjects: [`${prefix}>`], ...terms });
    await api.ensureStream({
      name: snapshotStream,
      subjects: [`${snapshotPrefix}>`],
      max_msgs_per_subject: 1,
      ...terms,
    });
    return journal;
  }

  append(key: string, events: NewEvents, options: AppendOptions): Promise<number> {
    return this.#gate.run(() => this.#append(key, events, options));
  }

  async *read(key: string, afterSequence: number): AsyncIterable<JournalEvent> {
    this.#gate.assertOpen();
    const subject = this.#subject(key);
    const start = this.#starts.get(key);
    let from = start?.sequence === afterSequence ? start.from : 1;
    let next = afterSequence + 1;
    for (;;) {
      const message = await this.#gate.run(() => this.#next(subject, from));
      if (!message) return;
      from = message.sequence + 1;
      const { first, events, atWallMs } = decodeAppend(message.data);
      if (first > next)
        throw new WitanError('storage_failed', `the journal of ${key} has a gap before ${first}`, { key });
      for (const [place, [type, schemaVersion, payload]] of events.entries()) {
        if (first + place < next) continue;
        next = first + place + 1;
        yield { key, sequence: first + place, type, schemaVersion, payload, atWallMs };
      }
    }
  }

  latestSnapshot(key: string): Promise<JournalSnapshot | undefined> {
    return this.#gate.run(async () => {
      const left = this.#time();
      const stored = await this.#storedSnapshot(key, left);
      if (!stored || !(await this.#isAlive(key, stored.record, left))) return undefined;
      const { sequence, schemaVersion, state, from } = stored.record;
      this.#starts.set(key, { sequence, from });
      return { key, sequence, schemaVersion, state };
    });
  }

  saveSnapshot(snapshot: JournalSnapshot): Promise<void> {
    return this.#gate.run(async () => {
      const { key, sequence } = snapshot;
      const left = this.#time();
      let head = this.#heads.get(key);
      if (!head || head.sequence < sequence) head = await this.#head(key, { left });
      if (head.at === 0 || head.sequence < sequence) {
        throw new WitanError('invalid_argument', `no event ${sequence} stands behind the snapshot`, {
          path: 'sequence',
        });
      }
      const from = head.sequence === sequence ? head.at + 1 : head.first <= sequence + 1 ? head.at : 1;
      const data = encodeSnapshot(snapshot, { witness: head.at, from });
      for (let race = 0; race < MAX_RACES; race++) {
        const stored = await this.#storedSnapshot(key, left);
        const isNewer = stored !== undefined && stored.record.sequence > sequence;
        if (isNewer && (await this.#isAlive(key, stored.record, left))) return;
        const subject = this.#names.snapshotPrefix + journalTokens(key);
        const at = await this.#storeAfter(subject, data, { expected: stored?.at ?? 0, left });
        if (at !== undefined) return;
      }
      throw new WitanError('unavailable', `snapshots of ${key} come faster than they are stored`);
    });
  }

  async *keys(prefix: string): AsyncIterable<string> {
    const subjects = await this.#gate.run(() =>
      this.#insist(this.#time(), (timeoutMs) =>
        this.#api.subjectsOf(this.#names.stream, journalPattern(this.#names, prefix), timeoutMs),
      ),
    );
    const keys = subjects.map((subject) => journalKey(this.#names, subject));
    for (const key of keys.filter((each) => each.startsWith(prefix)).sort()) {
      this.#gate.assertOpen();
      yield key;
    }
  }

  forget(key: string): Promise<void> {
    return this.#gate.run(async () => {
      const left = this.#time();
      const { stream, snapshotStream, snapshotPrefix } = this.#names;
      this.#heads.delete(key);
      this.#starts.delete(key);
      // The snapshot first: events without it are whole, a snapshot without its events is not.
      const purge = (of: string, subject: string): Promise<void> =>
        this.#insist(left, (timeoutMs) => this.#api.purge(of, subject, { timeoutMs }));
      await purge(snapshotStream, snapshotPrefix + journalTokens(key));
      await purge(stream, this.#subject(key));
    });
  }

  async close(): Promise<void> {
    this.#gate.close();
  }

  async #append(key: string, events: NewEvents, options: AppendOptions): Promise<number> {
    const left = this.#time();
    const id = `${this.#writer}.${(this.#appendCount += 1)}`;
    let seenAt = 0;
    for (let race = 0; race < MAX_RACES; race++) {
      const head = await this.#headFor(key, options, { left, seenAt });
      seenAt = head.at;
      const generation = Math.max(head.generation, options.generation ?? 0);
      // Without events there is something to store only when the generation rises.
      if (events.length === 0 && generation === head.generation) return head.sequence;
      const first = head.sequence + 1;
      const data = encodeAppend({ id, first, generation, atWallMs: this.#clock.wallMs() }, events);
      this.#heads.delete(key);
      const at = await this.#storeAfter(this.#subject(key), data, { expected: head.at, left, id });
      if (at === undefined) continue;
      const sequence = head.sequence + events.length;
      this.#heads.set(key, { at, first, sequence, generation });
      return sequence;
    }
    throw new WitanError('stale_writer', `other writers of ${key} are faster`, { key });
  }

  /** The head that an append may follow. @throws stale_writer as the stream's leader has it now */
  async #headFor(
    key: string,
    options: AppendOptions,
    { left, seenAt }: { readonly left: TimeLeft; readonly seenAt: number },
  ): Promise<Head> {
    const known = this.#heads.get(key);
    if (known && staleness(known, options) === undefined) return known;
    const head = await this.#head(key, { left, seenAt: Math.max(seenAt, known?.at ?? 0) });
    const stale = staleness(head, options);
    if (!stale) return head;
    throw stale;
  }

  /** Where the key stands; `seenAt` is the place of a message of it that was there before. */
  #head(
    key: string,
    { left, seenAt = 0 }: { readonly left: TimeLeft; readonly seenAt?: number },
  ): Promise<Head> {
    return this.#insist(left, async (timeoutMs, attemptCount) => {
      const last = await this.#api.lastOf(this.#names.stream, this.#subject(key), timeoutMs);
      // A new leader that has not caught up must not make a writer stale; a key that was forgotten may.
      if ((last?.sequence ?? 0) < seenAt && attemptCount < BEHIND_MAX_COUNT)
        throw new WitanError('unavailable', 'the leader of the journal is behind', { key });
      if (!last) return NO_HEAD;
      const { first, generation, events } = decodeAppend(last.data);
      const head = { at: last.sequence, first, sequence: first + events.length - 1, generation };
      this.#heads.set(key, head);
      return head;
    });
  }

  /**
   * Stores a message right after the one at `expected`; undefined when another is there. An answer that is lost
   * is asked for again: the same message cannot be stored twice, and what follows `expected` says whose it is.
   */
  #storeAfter(
    subject: string,
    data: Uint8Array,
    terms: { readonly expected: number; readonly left: TimeLeft; readonly id?: string },
  ): Promise<number | undefined> {
    const { expected, left, id } = terms;
    const headers = { [EXPECTED]: String(expected) };
    return this.#insist(left, async (timeoutMs, attemptCount) => {
      try {
        return (await this.#api.store(subject, data, { headers, timeoutMs })).sequence;
      } catch (error) {
        if (!(error instanceof WitanError) || error.code !== 'stale_writer') throw error;
      }
      if (attemptCount === 0 || id === undefined) return undefined;
      const { stream } = this.#names;
      const next = await this.#api.nextOf(stream, { subject, from: expected + 1 }, timeoutMs);
      return next && decodeAppend(next.data).id === id ? next.sequence : undefined;
    });
  }

  #next(subject: string, from: number): Promise<StoredMessage | undefined> {
    return this.#insist(this.#time(), (timeoutMs) =>
      this.#api.nextOf(this.#names.stream, { subject, from }, timeoutMs),
    );
  }

  async #storedSnapshot(
    key: string,
    left: TimeLeft,
  ): Promise<{ readonly at: number; readonly record: SnapshotRecord } | undefined> {
    const { snapshotStream, snapshotPrefix } = this.#names;
    const last = await this.#insist(left, (timeoutMs) =>
      this.#api.lastOf(snapshotStream, snapshotPrefix + journalTokens(key), timeoutMs),
    );
    return last && { at: last.sequence, record: decodeSnapshot(last.data) };
  }

  /** Whether a snapshot is of the key as it is: one that was forgotten and came back is another. */
  async #isAlive(key: string, { witness }: SnapshotRecord, left: TimeLeft): Promise<boolean> {
    const message = await this.#insist(left, (timeoutMs) =>
      this.#api.messageAt(this.#names.stream, witness, timeoutMs),
    );
    return message?.subject === this.#subject(key);
  }

  #subject(key: string): string {
    return this.#names.prefix + journalTokens(key);
  }

  #time(): TimeLeft {
    return timeLeft(this.#clock, this.#timeoutMs);
  }

  #insist<T>(left: TimeLeft, attempt: (timeoutMs: number, attemptCount: number) => Promise<T>): Promise<T> {
    const isOver = (): boolean => this.#gate.isClosed;
    return insist({ clock: this.#clock, left, attemptMs: ATTEMPT_MS, isOver }, attempt);
  }
}

/** Why a writer may not follow a head; undefined when it may. */
function staleness(head: Head, { expectedSequence, generation }: AppendOptions): WitanError | undefined {
  if (generation !== undefined && generation < head.generation) {
    return new WitanError('stale_writer', `a writer of generation ${head.generation} is ahead`, {
      expected: `generation ${head.generation} or higher`,
    });
  }
  if (head.sequence === expectedSequence) return undefined;
  return new WitanError('stale_writer', `the journal stands at ${head.sequence}`, {
    expected: `expectedSequence ${head.sequence}`,
  });
}
