/**
 * The part of the JetStream API that the ports need, spoken directly.
 *
 * The API is requests with JSON bodies on documented subjects. Both client packages wrap it, but differ in
 * errors, time-outs and in what a watch does after a reconnect; spoken here, one code serves both.
 * @source NATS ADR-1, ADR-8, ADR-9, ADR-13; nats-server/server/jetstream_api.go
 */
import { WitanError } from '../../../contracts/errors.ts';
import type { LinkHeaders, LinkMessage, NatsLink } from '../link/nats-link.ts';
import type { NatsRequests } from '../link/requests.ts';
import { jetStreamError } from './jetstream-errors.ts';
import type { ApiError } from './jetstream-errors.ts';

/** Settings of a stream as the API spells them; durations in ns. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly description?: string;
  readonly retention?: 'limits' | 'interest' | 'workqueue';
  readonly storage?: 'file' | 'memory';
  readonly discard?: 'old' | 'new';
  readonly num_replicas?: number;
  readonly max_msgs?: number;
  readonly max_bytes?: number;
  readonly max_age?: number;
  readonly max_msgs_per_subject?: number;
  readonly duplicate_window?: number;
  readonly allow_rollup_hdrs?: boolean;
  readonly deny_delete?: boolean;
}

/** A stream's settings and how it is. */
export interface StreamInfo {
  readonly config: StreamConfig;
  readonly created: string;
  readonly state: { readonly messages: number; readonly first_seq: number; readonly last_seq: number };
}

/** Settings of a consumer as the API spells them; durations in ns. */
export interface ConsumerConfig {
  readonly durable_name?: string;
  readonly deliver_subject?: string;
  readonly deliver_policy: 'all' | 'last_per_subject' | 'by_start_sequence';
  readonly opt_start_seq?: number;
  readonly ack_policy: 'none' | 'explicit';
  readonly ack_wait?: number;
  readonly max_deliver?: number;
  readonly max_ack_pending?: number;
  readonly filter_subject?: string;
  readonly replay_policy?: 'instant';
  readonly flow_control?: boolean;
  readonly idle_heartbeat?: number;
  readonly headers_only?: boolean;
  readonly inactive_threshold?: number;
  readonly mem_storage?: boolean;
  readonly num_replicas?: number;
}

/** A consumer's name and how much it has before it. */
export interface ConsumerInfo {
  readonly name: string;
  readonly config: ConsumerConfig;
  readonly num_pending: number;
}

/** A stored message. */
export interface StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly headers: LinkHeaders;
}

/** What goes with one request. */
export interface SendTerms {
  readonly headers?: LinkHeaders | undefined;
  /** Absent: that of the connection. */
  readonly timeoutMs?: number | undefined;
}

/** Nanoseconds of milliseconds, as the API counts. */
export const nanos = (ms: number): number => Math.round(ms * 1_000_000);

const EMPTY = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** See the head of this file. Every method throws `unavailable` when the outcome is unknown. */
export class JetStreamApi {
  readonly link: NatsLink;
  readonly requests: NatsRequests;
  readonly #timeoutMs: number;

  /** Time that one request may take. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  constructor(link: NatsLink, requests: NatsRequests, timeoutMs = 5_000) {
    this.link = link;
    this.requests = requests;
    this.#timeoutMs = timeoutMs;
  }

  /** Creates the stream, or brings an existing one of that name to `config`. @throws not_supported */
  async ensureStream(config: StreamConfig): Promise<StreamInfo> {
    if (!this.link.server.hasJetStream) {
      throw new WitanError('not_supported', 'the NATS server runs without JetStream', {
        expected: 'nats-server -js',
      });
    }
    try {
      return await this.#call<StreamInfo>(`STREAM.CREATE.${config.name}`, config);
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'already_exists') throw error;
    }
    // Who may not change streams finds them as they should be, and need not try.
    const found = await this.streamInfo(config.name);
    if (isSameConfig(config, found.config)) return found;
    return this.#call<StreamInfo>(`STREAM.UPDATE.${config.name}`, config);
  }

  /** @throws not_found */
  streamInfo(stream: string, timeoutMs?: number): Promise<StreamInfo> {
    return this.#call<StreamInfo>(`STREAM.INFO.${stream}`, undefined, timeoutMs);
  }

  /** Last message on a subject, read from the stream's leader; undefined when there is none. */
  lastOf(stream: string, subject: string, timeoutMs?: number): Promise<StoredMessage | undefined> {
    return this.#get(stream, { last_by_subj: subject }, timeoutMs);
  }

  /** First message on a subject at or after a sequence of the stream; undefined when there is none. */
  nextOf(
    stream: string,
    { subject, from }: { readonly subject: string; readonly from: number },
    timeoutMs?: number,
  ): Promise<StoredMessage | undefined> {
    return this.#get(stream, { seq: Math.max(1, from), next_by_subj: subject }, timeoutMs);
  }

  /** Message at a sequence of the stream; undefined when it was removed or never was. */
  messageAt(stream: string, sequence: number, timeoutMs?: number): Promise<StoredMessage | undefined> {
    return this.#get(stream, { seq: sequence }, timeoutMs);
  }

  /** Subjects with a message that match a pattern; unsorted. The cost grows with their number alone. */
  async subjectsOf(stream: string, pattern: string, timeoutMs?: number): Promise<string[]> {
    interface Answer {
      readonly total?: number;
      readonly state: { readonly subjects?: Readonly<Record<string, number>> };
    }
    const subjects: string[] = [];
    for (;;) {
      const body = { subjects_filter: pattern, offset: subjects.length };
      const { total = 0, state } = await this.#call<Answer>(`STREAM.INFO.${stream}`, body, timeoutMs);
      const page = Object.keys(state.subjects ?? {});
      for (const subject of page) subjects.push(subject);
      if (page.length === 0 || subjects.length >= total) return subjects;
    }
  }

  /** Removes messages of a subject, those before `beforeSequence` alone when given. */
  async purge(
    stream: string,
    subject: string,
    { beforeSequence, timeoutMs }: { readonly beforeSequence?: number; readonly timeoutMs?: number } = {},
  ): Promise<void> {
    const body = { filter: subject, ...(beforeSequence !== undefined && { seq: beforeSequence }) };
    await this.#call(`STREAM.PURGE.${stream}`, body, timeoutMs);
  }

  /** @throws not_found, also when it is gone already */
  async deleteMessage(stream: string, sequence: number): Promise<void> {
    await this.#call(`STREAM.MSG.DELETE.${stream}`, { seq: sequence, no_erase: true });
  }

  /** Creates or finds a durable consumer, or creates an ephemeral one. @throws not_found (the stream) */
  ensureConsumer(stream: string, config: ConsumerConfig, timeoutMs?: number): Promise<ConsumerInfo> {
    const durable = config.durable_name;
    const subject = durable ? `CONSUMER.DURABLE.CREATE.${stream}.${durable}` : `CONSUMER.CREATE.${stream}`;
    return this.#call<ConsumerInfo>(subject, { stream_name: stream, config }, timeoutMs);
  }

  async deleteConsumer(stream: string, consumer: string): Promise<void> {
    await this.#call(`CONSUMER.DELETE.${stream}.${consumer}`).catch(absent);
  }

  /**
   * Stores a message; resolves when the stream has it.
   * @throws stale_writer (expected sequence), overloaded (stream full), storage_failed, too_large
   */
  async store(
    subject: string,
    data: Uint8Array,
    { headers, timeoutMs }: SendTerms = {},
  ): Promise<{ sequence: number; isDuplicate: boolean }> {
    const answer = await this.#ask<{ seq: number; duplicate?: boolean }>(subject, data, {
      headers,
      timeoutMs,
    });
    return { sequence: answer.seq, isDuplicate: answer.duplicate ?? false };
  }

  /** Sends an acknowledgement and waits until the server has taken it. */
  async confirm(ackSubject: string, word: string): Promise<void> {
    await this.#request(ackSubject, encoder.encode(word), {});
  }

  async #get(
    stream: string,
    body: object,
    timeoutMs: number | undefined,
  ): Promise<StoredMessage | undefined> {
    interface Answer {
      readonly message: { subject: string; seq: number; data?: string; hdrs?: string };
    }
    const answer = await this.#call<Answer>(`STREAM.MSG.GET.${stream}`, body, timeoutMs).catch(absent);
    if (!answer) return undefined;
    const { subject: at, seq, data, hdrs } = answer.message;
    const bytes = data === undefined ? EMPTY : new Uint8Array(Buffer.from(data, 'base64'));
    return { subject: at, sequence: seq, data: bytes, headers: storedHeaders(hdrs) };
  }

  #call<T>(subject: string, body?: object, timeoutMs?: number): Promise<T> {
    const data = body ? encoder.encode(JSON.stringify(body)) : EMPTY;
    return this.#ask<T>(`$JS.API.${subject}`, data, { timeoutMs });
  }

  async #ask<T>(subject: string, data: Uint8Array, terms: SendTerms): Promise<T> {
    const answer = JSON.parse(decoder.decode((await this.#request(subject, data, terms)).data)) as T & {
      error?: ApiError;
    };
    if (answer.error) throw jetStreamError(answer.error);
    return answer;
  }

  async #request(
    subject: string,
    data: Uint8Array,
    { headers, timeoutMs = this.#timeoutMs }: SendTerms,
  ): Promise<LinkMessage> {
    try {
      return await this.requests.send(subject, data, { timeoutMs, headers });
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'deadline_exceeded') throw error;
      throw new WitanError('unavailable', 'JetStream does not answer; the outcome is unknown', {}, error);
    }
  }
}

/** Whether a stream has every setting that was asked for; the server fills in the others. */
function isSameConfig(wanted: StreamConfig, found: StreamConfig): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const has = (found as unknown as Readonly<Record<string, unknown>>)[name];
    return JSON.stringify(has ?? null) === JSON.stringify(value) || (!has && !value);
  });
}

function absent(error: unknown): undefined {
  if (error instanceof WitanError && error.code === 'not_found') return undefined;
  throw error;
}

/** Header block of a stored message: `NATS/1.0`, then `Name: value` lines. */
function storedHeaders(encoded: string | undefined): LinkHeaders {
  const headers: Record<string, string> = {};
  if (encoded === undefined) return headers;
  for (const line of Buffer.from(encoded, 'base64').toString().split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon)] ??= line.slice(colon + 1).trim();
  }
  return headers;
}
