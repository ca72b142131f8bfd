/**
 * {@link JournalPort} over JetStream: a subject a key, one message an append.
 *
 * An append names the message that it follows (`Nats-Expected-Last-Subject-Sequence`). That message holds
 * the key's sequence and highest generation, so what a writer was checked against is what the server compares
 * when it stores: of two writers one is refused, whatever either had read.
 *
 * A stream with copies does not keep that promise for writes that are under way at once (kv-succession.ts).
 * So each append also holds what it follows, counts only if it is the first that does, and its writer looks
 * before it says that it did. docs/adr/0029 has the reasons.
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
import type { AppendRecord, SnapshotRecord } from './journal-record.ts';
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
  /** Place of the last message on the key's subject, which need not count. */
  readonly lastAt: number;
  /** Sequence of the first event of that message, and of the key's last event. */
  readonly first: number;
  readonly sequence: number;
  readonly generation: number;
}

const EXPECTED = 'Nats-Expected-Last-Subject-Sequence';
const NO_HEAD: Head = { at: 0, lastAt: 0, first: 1, sequence: 0, generation: 0 };
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
  /** The stream has copies: that it took an append does not mean that the append came first. */
  readonly #isReplicated: boolean;
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
    this.#isReplicated = (options.replicaCount ?? 1) > 1;
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
    const start = this.#starts.get(key);
    const from = start?.sequence === afterSequence ? start.from : 0;
    let next = afterSequence + 1;
    for await (const { first, events, atWallMs } of this.#appends(key, from)) {
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
      const from = head.first <= sequence + 1 ? head.at : 0;
      const data = encodeSnapshot(snapshot, { witness: head.at, from });
      for (let race = 0; race < MAX_RACES; race++) {
        const stored = await this.#storedSnapshot(key, left);
        const isNewer = stored !== undefined && stored.record.sequence > sequence;
        if (isNewer && (await this.#isAlive(key, stored.record, left))) return;
        const subject = this.#names.snapshotPrefix + journalTokens(key);
        const at = await this.#storeSnapshot(subject, data, { expected: stored?.at ?? 0, left });
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
      const record = { id, follows: head.at, first, generation, atWallMs: this.#clock.wallMs() };
      this.#heads.delete(key);
      const at = await this.#storeNext(key, encodeAppend(record, events), { head, id, left });
      if (at === undefined) continue;
      const sequence = head.sequence + events.length;
      this.#heads.set(key, { at, lastAt: at, first, sequence, generation });
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
      const head = await this.#headAt(key, last, timeoutMs);
      this.#heads.set(key, head);
      return head;
    });
  }

  /** The head of a key whose last message is `last`. */
  async #headAt(key: string, last: StoredMessage, timeoutMs: number): Promise<Head> {
    const record = decodeAppend(last.data);
    if (!this.#isReplicated || (await this.#isFirstOf(key, { record, at: last.sequence }, timeoutMs)))
      return headOf(record, last.sequence, last.sequence);
    let head = NO_HEAD;
    for await (const { at, ...each } of this.#appends(key, 0)) head = headOf(each, at, at);
    return { ...head, lastAt: last.sequence };
  }

  /** Whether an append is the first that follows what it names, and that is still there. */
  async #isFirstOf(
    key: string,
    { record, at }: { readonly record: AppendRecord; readonly at: number },
    timeoutMs: number,
  ): Promise<boolean> {
    const { follows } = record;
    const next = await this.#successor(key, follows, timeoutMs);
    if (next?.at !== at) return false;
    if (follows === 0) return true;
    const before = await this.#api.messageAt(this.#names.stream, follows, timeoutMs);
    return before?.subject === this.#subject(key);
  }

  /** First append of a key that follows the one at `follows`; undefined: none does. */
  async #successor(
    key: string,
    follows: number,
    timeoutMs: number,
  ): Promise<(AppendRecord & { readonly at: number }) | undefined> {
    for (let from = follows + 1; ;) {
      const place = { subject: this.#subject(key), from };
      const next = await this.#api.nextOf(this.#names.stream, place, timeoutMs);
      if (!next) return undefined;
      const record = decodeAppend(next.data);
      if (record.follows === follows) return { ...record, at: next.sequence };
      from = next.sequence + 1;
    }
  }

  /** Appends of a key that count, in order; `from`: the place of one of them, 0 for all. */
  async *#appends(key: string, from: number): AsyncIterable<AppendRecord & { readonly at: number }> {
    const subject = this.#subject(key);
    let last = 0;
    if (from > 0) {
      const start = await this.#next(subject, from);
      // Forgotten since, and perhaps begun anew: all of it is read.
      if (start?.sequence === from) {
        last = from;
        yield { ...decodeAppend(start.data), at: from };
      }
    }
    for (let place = last + 1; ;) {
      const message = await this.#next(subject, place);
      if (!message) return;
      place = message.sequence + 1;
      const record = decodeAppend(message.data);
      if (record.follows !== last) continue;
      last = message.sequence;
      yield { ...record, at: last };
    }
  }

  /**
   * Stores an append right after `head`; undefined when another is there. An answer that is lost is asked for
   * again: the same append cannot count twice, and what follows the head says whose it is.
   */
  #storeNext(
    key: string,
    data: Uint8Array,
    terms: { readonly head: Head; readonly id: string; readonly left: TimeLeft },
  ): Promise<number | undefined> {
    const { head, id, left } = terms;
    const headers = { [EXPECTED]: String(head.lastAt) };
    let mayStand = false;
    return this.#insist(left, async (timeoutMs) => {
      try {
        const { sequence } = await this.#api.store(this.#subject(key), data, { headers, timeoutMs });
        if (!this.#isReplicated) return sequence;
        mayStand = true;
      } catch (error) {
        if (!(error instanceof WitanError)) throw error;
        mayStand ||= error.code === 'unavailable';
        if (error.code !== 'stale_writer') throw error;
      }
      if (!mayStand) return undefined;
      const next = await this.#successor(key, head.at, timeoutMs);
      if (!next) throw new WitanError('unavailable', 'the leader of the journal is behind', { key });
      return next.id === id ? next.at : undefined;
    });
  }

  /** Stores a snapshot in place of the one at `expected`; undefined when another is there. */
  #storeSnapshot(
    subject: string,
    data: Uint8Array,
    { expected, left }: { readonly expected: number; readonly left: TimeLeft },
  ): Promise<number | undefined> {
    const headers = { [EXPECTED]: String(expected) };
    return this.#insist(left, async (timeoutMs) => {
      try {
        return (await this.#api.store(subject, data, { headers, timeoutMs })).sequence;
      } catch (error) {
        if (error instanceof WitanError && error.code === 'stale_writer') return undefined;
        throw error;
      }
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

function headOf({ first, generation, events }: AppendRecord, at: number, lastAt: number): Head {
  return { at, lastAt, first, sequence: first + events.length - 1, generation };
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
