/**
 * {@link KvPort} over a JetStream bucket; the layout is NATS' own, so that `nats kv` reads it.
 *
 * The revision is the sequence in the bucket's stream. Reads go to the stream's leader. Where the stream has
 * copies, a write is looked at again before it counts: `kv-succession.ts` says why.
 * @source NATS ADR-8
 */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';
import type { KvChange, KvEntry, KvPort } from '../../../runtime/kernel/ports/kv.ts';
import { timeLeft } from '../jetstream/insist.ts';
import type { TimeLeft } from '../jetstream/insist.ts';
import type { JetStreamApi, StoredMessage } from '../jetstream/jetstream-api.ts';
import { nanos } from '../jetstream/jetstream-api.ts';
import { OrderedMessages } from '../jetstream/ordered-messages.ts';
import type { OrderedMessage } from '../jetstream/ordered-messages.ts';
import type { LinkHeaders } from '../link/nats-link.ts';
import { isServerAtLeast } from '../link/nats-link.ts';
import { bucketNames, keySubject, prefixPattern, subjectKey } from './kv-keys.ts';
import type { BucketNames } from './kv-keys.ts';
import { FOLLOWS, isFirstAfter, isMarker, KEPT_VERSIONS, standingOf, Succession } from './kv-succession.ts';
import type { KeyPlace } from './kv-succession.ts';
import { KvWatch } from './kv-watch.ts';
import { PortGate } from './port-gate.ts';

/** Settings of a bucket. */
export interface NatsKvOptions {
  readonly bucket: string;
  /** Copies in a cluster of servers (default 1). */
  readonly replicaCount?: number;
  /** Entries vanish this long after their last write; absent: never. Applies to the whole bucket. */
  readonly maxAgeMs?: number;
  /** Bytes that the bucket may hold (default 268,435,456). */
  readonly maxBytes?: number;
  /** Age at which the marker of a deleted key is removed (default 1,800,000). */
  readonly markerAgeMs?: number;
}

const OPERATION = 'KV-Operation';
const EXPECTED = 'Nats-Expected-Last-Subject-Sequence';
const EMPTY = new Uint8Array();
// A key is created anew after at most this many deletes of others in between.
const MAX_RACES = 16;

/** A bucket; `open` makes it. */
export class NatsKv implements KvPort {
  readonly #api: JetStreamApi;
  readonly #clock: Clock;
  readonly #names: BucketNames;
  readonly #markerAgeMs: number;
  /** The stream has copies: that it took a conditional write does not mean that the write came first. */
  readonly #isReplicated: boolean;
  readonly #gate = new PortGate('key-value store');
  #sweepTimer: TimerHandle | undefined;

  private constructor(api: JetStreamApi, clock: Clock, options: NatsKvOptions) {
    this.#api = api;
    this.#clock = clock;
    this.#isReplicated = (options.replicaCount ?? 1) > 1;
    this.#names = bucketNames(options.bucket);
    this.#markerAgeMs = options.markerAgeMs ?? 1_800_000;
    this.#scheduleSweep();
  }

  /** Opens the bucket, creating it when missing. @throws not_supported, unavailable, invalid_argument */
  static async open(api: JetStreamApi, clock: Clock, options: NatsKvOptions): Promise<NatsKv> {
    const { stream, prefix } = bucketNames(options.bucket);
    await api.ensureStream({
      name: stream,
      subjects: [`${prefix}>`],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      num_replicas: options.replicaCount ?? 1,
      max_msgs_per_subject: (options.replicaCount ?? 1) > 1 ? KEPT_VERSIONS : 1,
      max_bytes: options.maxBytes ?? 268_435_456,
      max_age: nanos(options.maxAgeMs ?? 0),
      duplicate_window: nanos(Math.min(120_000, options.maxAgeMs ?? 120_000)),
      allow_rollup_hdrs: true,
      deny_delete: true,
    });
    return new NatsKv(api, clock, options);
  }

  get(key: string): Promise<KvEntry | undefined> {
    return this.#gate.run(async () => {
      const last = await this.#last(key, this.#time());
      return last && !isMarker(last.headers) ? { key, value: last.data, revision: last.sequence } : undefined;
    });
  }

  create(key: string, value: Uint8Array): Promise<number> {
    return this.#gate.run(async () => {
      let expected = 0;
      const left = this.#time();
      for (let race = 0; race < MAX_RACES; race++) {
        const revision = await this.#storeAt(key, value, { expected, left });
        if (revision !== undefined) return revision;
        const last = await this.#last(key, left);
        if (last && !isMarker(last.headers)) break;
        expected = last?.sequence ?? 0;
      }
      throw new WitanError('already_exists', `the key ${key} exists`);
    });
  }

  update(key: string, value: Uint8Array, revision: number): Promise<number> {
    return this.#gate.run(async () => {
      const terms = { expected: revision, left: this.#time() };
      const stored = revision > 0 ? await this.#storeAt(key, value, terms) : undefined;
      if (stored !== undefined) return stored;
      throw stale(key, revision);
    });
  }

  put(key: string, value: Uint8Array): Promise<number> {
    return this.#gate.run(
      async () => (await this.#api.store(keySubject(this.#names, key), value.slice())).sequence,
    );
  }

  delete(key: string, revision?: number): Promise<void> {
    return this.#gate.run(async () => {
      const left = this.#time();
      for (let race = 0; race < MAX_RACES; race++) {
        const last = await this.#last(key, left);
        const current = last && !isMarker(last.headers) ? last.sequence : undefined;
        if (revision !== undefined && current !== revision) throw stale(key, revision);
        if (current === undefined) return;
        const headers = { [OPERATION]: 'DEL' };
        const marked = await this.#storeAt(key, EMPTY, { expected: current, left, headers });
        if (marked !== undefined) return;
      }
      throw new WitanError('unavailable', `the key ${key} changes faster than it can be deleted`);
    });
  }

  keys(prefix: string): Promise<string[]> {
    return this.#gate.run(async () => {
      const all = await this.#list(prefix);
      return all
        .filter(({ headers }) => !isMarker(headers))
        .map(({ subject }) => subjectKey(this.#names, subject));
    });
  }

  async *watch(prefix: string, signal: AbortSignal): AsyncIterable<KvChange> {
    this.#gate.assertOpen();
    if (signal.aborted) return;
    const watch = new KvWatch({ isFolded: this.#isReplicated });
    const succession = new Succession();
    const end = (): void => watch.end();
    signal.addEventListener('abort', end, { once: true });
    this.#gate.waiters.add(end);
    let messages: OrderedMessages | undefined;
    try {
      messages = await OrderedMessages.start({
        api: this.#api,
        clock: this.#clock,
        stream: this.#names.stream,
        filter: prefixPattern(this.#names, prefix),
        isWhole: this.#isReplicated,
        onMessage: (message) => {
          if (this.#isReplicated && !succession.take(message.subject, message)) return;
          const change = this.#change(message);
          if (change.key.startsWith(prefix)) watch.push(change);
        },
        onCaughtUp: () => watch.caughtUp(),
        onLost: (error) => watch.fail(error),
      });
      for (let change = await watch.next(); change; change = await watch.next()) yield change;
    } finally {
      signal.removeEventListener('abort', end);
      this.#gate.waiters.delete(end);
      messages?.close();
    }
  }

  /**
   * Entries with a life of their own. @throws not_supported where the server would ignore the life: before
   * 2.11 it stores the entry for ever without a word
   */
  async putFor(key: string, value: Uint8Array, lifeMs: number): Promise<number> {
    this.#gate.assertOpen();
    const { server } = this.#api.link;
    if (!isServerAtLeast(server, 2, 11)) {
      throw new WitanError('not_supported', `nats-server ${server.version} keeps no life of single keys`, {
        expected: 'nats-server 2.11 or newer',
      });
    }
    const headers = { 'Nats-TTL': `${Math.max(1, Math.ceil(lifeMs / 1_000))}s` };
    return (await this.#api.store(keySubject(this.#names, key), value.slice(), { headers })).sequence;
  }

  /** Removes the markers of keys deleted long ago; done by itself every `markerAgeMs`. */
  sweep(): Promise<number> {
    return this.#gate.run(async () => {
      const before = this.#clock.wallMs() - this.#markerAgeMs;
      let count = 0;
      for (const { subject, headers, lastAt, storedWallMs } of await this.#list('')) {
        if (!isMarker(headers) || storedWallMs > before) continue;
        // Up to what was seen and no further: the key may have come back meanwhile.
        await this.#api.purge(this.#names.stream, subject, { beforeSequence: lastAt + 1 });
        count += 1;
      }
      return count;
    });
  }

  async close(): Promise<void> {
    this.#sweepTimer?.cancel();
    this.#gate.close();
  }

  /** The time of one operation, however many requests it takes. */
  #time(): TimeLeft {
    return timeLeft(this.#clock, this.#api.timeoutMs);
  }

  #place(key: string, left: TimeLeft): KeyPlace {
    return { api: this.#api, stream: this.#names.stream, subject: keySubject(this.#names, key), left };
  }

  async #last(key: string, left: TimeLeft): Promise<StoredMessage | undefined> {
    const place = this.#place(key, left);
    if (this.#isReplicated) return (await standingOf(place)).newest;
    return this.#api.lastOf(place.stream, place.subject, left());
  }

  /** Stores if the key's last sequence is `expected`; undefined when it is not. */
  async #storeAt(
    key: string,
    value: Uint8Array,
    terms: { readonly expected: number; readonly left: TimeLeft; readonly headers?: LinkHeaders },
  ): Promise<number | undefined> {
    const { expected, left, headers } = terms;
    if (this.#isReplicated) return this.#storeFirst(key, value, terms);
    return this.#storeBehind(key, value, {
      left,
      headers: { ...headers, [EXPECTED]: String(expected) },
    });
  }

  /** Stores if nothing that counts came after `expected`, and nothing else was faster; else undefined. */
  async #storeFirst(
    key: string,
    value: Uint8Array,
    terms: { readonly expected: number; readonly left: TimeLeft; readonly headers?: LinkHeaders },
  ): Promise<number | undefined> {
    const { expected, left } = terms;
    const place = this.#place(key, left);
    let lastAt = expected;
    for (let race = 0; race < MAX_RACES; race++) {
      const headers = { ...terms.headers, [FOLLOWS]: String(expected), [EXPECTED]: String(lastAt) };
      const sequence = await this.#storeBehind(key, value, { left, headers });
      if (sequence !== undefined)
        return (await isFirstAfter(place, expected, sequence)) ? sequence : undefined;
      // The last message may be one that does not count: behind it, but after the same version.
      const standing = await standingOf(place);
      if ((standing.newest?.sequence ?? 0) !== expected || standing.lastAt === lastAt) return undefined;
      lastAt = standing.lastAt;
    }
    return undefined;
  }

  async #storeBehind(
    key: string,
    value: Uint8Array,
    { left, headers }: { readonly left: TimeLeft; readonly headers: LinkHeaders },
  ): Promise<number | undefined> {
    try {
      const terms = { headers, timeoutMs: left() };
      return (await this.#api.store(keySubject(this.#names, key), value.slice(), terms)).sequence;
    } catch (error) {
      if (error instanceof WitanError && error.code === 'stale_writer') return undefined;
      throw error;
    }
  }

  /** Newest version of each key, markers included; `lastAt`: the last message, which need not be it. */
  async #list(prefix: string): Promise<(OrderedMessage & { readonly lastAt: number })[]> {
    const newest = new Map<string, OrderedMessage>();
    const last = new Map<string, number>();
    const succession = new Succession();
    let messages: OrderedMessages | undefined;
    let onClose: (error: WitanError) => void = () => undefined;
    let timer: TimerHandle | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = this.#clock.setTimer(this.#api.timeoutMs, () =>
          reject(new WitanError('unavailable', 'JetStream does not answer')),
        );
        this.#gate.waiters.add((onClose = reject));
        OrderedMessages.start({
          api: this.#api,
          clock: this.#clock,
          stream: this.#names.stream,
          filter: prefixPattern(this.#names, prefix),
          headersOnly: true,
          isWhole: this.#isReplicated,
          onMessage: (message) => {
            last.set(message.subject, message.sequence);
            if (this.#isReplicated && !succession.take(message.subject, message)) return;
            newest.set(message.subject, message);
          },
          onCaughtUp: resolve,
          onLost: reject,
        }).then((started) => (messages = started), reject);
      });
    } finally {
      timer?.cancel();
      this.#gate.waiters.delete(onClose);
      messages?.close();
    }
    return [...newest.values()]
      .filter(({ subject }) => subjectKey(this.#names, subject).startsWith(prefix))
      .map((message) => ({ ...message, lastAt: last.get(message.subject)! }));
  }

  #change({ subject, data, headers, sequence }: OrderedMessage): KvChange {
    const key = subjectKey(this.#names, subject);
    return { key, value: isMarker(headers) ? undefined : data.slice(), revision: sequence };
  }

  #scheduleSweep(): void {
    this.#sweepTimer = this.#clock.setTimer(this.#markerAgeMs, () => {
      // The next round does what this one could not.
      void this.sweep()
        .catch(() => 0)
        .then(() => (this.#gate.isClosed ? undefined : this.#scheduleSweep()));
    });
  }
}

function stale(key: string, revision: number): WitanError {
  return new WitanError('stale_writer', `${key} is not at revision ${revision}`, { path: 'revision' });
}
