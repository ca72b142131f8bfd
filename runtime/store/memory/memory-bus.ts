/** Bus in memory: subjects, wildcards, queue groups, request and reply inside one process. */
import { WitanError, toWitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { BusMessage, BusPort, Subscription } from '../../kernel/ports/bus.ts';
import { PortLife } from '../port-life.ts';
import { matchesSubject, parseSubject } from './subject-match.ts';

/** Settings of an in-process bus. */
export interface MemoryBusOptions {
  readonly clock: Clock;
  /** Told of a handler that throws and of messages dropped at the limit. */
  readonly onError?: (error: unknown) => void;
  /** Messages that may wait for delivery; more are dropped (default 65,536). */
  readonly maxPending?: number;
}

type Handler = (message: BusMessage) => void;
type Headers = Readonly<Record<string, string>>;

interface Member {
  readonly pattern: readonly string[];
  readonly handler: Handler;
  readonly queue: string | undefined;
  isOpen: boolean;
}

// Deliveries of one turn before timers and sockets get theirs.
const DELIVERIES_PER_TURN = 64;
// Delivered messages that may stand before the next one until the backlog is moved to the front.
const COMPACT_AT = 4_096;

/** {@link BusPort} of one process; handlers run after `publish` has returned, in the order of publishing. */
export class MemoryBus implements BusPort {
  readonly #options: MemoryBusOptions;
  readonly #life = new PortLife('bus');
  readonly #members = new Set<Member>();
  readonly #turns = new Map<string, number>();
  readonly #openRequests = new Set<(error: WitanError) => void>();
  #pending: BusMessage[] = [];
  /** Index in `#pending` of the message that is delivered next. */
  #next = 0;
  #isDraining = false;
  #flushed: (() => void)[] = [];
  #inboxCount = 0;

  constructor(options: MemoryBusOptions) {
    this.#options = options;
  }

  publish(subject: string, data: Uint8Array, headers: Headers = {}): void {
    this.#life.assertOpen();
    parseSubject(subject, 'subject');
    this.#enqueue({ subject, data: data.slice(), headers: { ...headers }, replyTo: undefined });
  }

  isHeard(subject?: string): boolean {
    if (subject === undefined || this.#members.size === 0) return this.#members.size > 0;
    const tokens = subject.split('.');
    for (const { pattern } of this.#members) if (matchesSubject(pattern, tokens)) return true;
    return false;
  }

  async subscribe(
    subject: string,
    handler: Handler,
    options: { queue?: string } = {},
  ): Promise<Subscription> {
    this.#life.assertOpen();
    const member = this.#join(parseSubject(subject, 'pattern'), handler, options.queue);
    return { unsubscribe: async () => this.#leave(member) };
  }

  async request(
    subject: string,
    data: Uint8Array,
    options: { timeoutMs: number; signal?: AbortSignal; headers?: Headers },
  ): Promise<BusMessage> {
    this.#life.assertOpen();
    parseSubject(subject, 'subject');
    const { timeoutMs, signal, headers = {} } = options;
    if (signal?.aborted) throw abortError(signal);
    if (!this.isHeard(subject)) {
      throw new WitanError('unavailable', `nobody answers on ${subject}`);
    }
    const replyTo = `_INBOX.${(this.#inboxCount += 1)}`;
    return new Promise<BusMessage>((resolve, reject) => {
      const end = (): void => {
        this.#leave(inbox);
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#openRequests.delete(fail);
      };
      const fail = (error: WitanError): void => (end(), reject(error));
      const onAbort = (): void => fail(abortError(signal!));
      const inbox = this.#join(replyTo.split('.'), (message) => (end(), resolve(message)), undefined);
      const timer = this.#options.clock.setTimer(timeoutMs, () =>
        fail(new WitanError('deadline_exceeded', `no answer on ${subject} within ${timeoutMs} ms`)),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#openRequests.add(fail);
      this.#enqueue({ subject, data: data.slice(), headers: { ...headers }, replyTo });
    });
  }

  async flush(): Promise<void> {
    this.#life.assertOpen();
    if (!this.#isDraining) return;
    await new Promise<void>((done) => this.#flushed.push(done));
  }

  async close(): Promise<void> {
    if (!this.#life.close()) return;
    for (const member of this.#members) this.#leave(member);
    const error = new WitanError('unavailable', 'the bus is closed');
    for (const fail of this.#openRequests) fail(error);
    this.#pending = [];
    this.#next = 0;
    this.#endFlushes();
  }

  #join(pattern: readonly string[], handler: Handler, queue: string | undefined): Member {
    const member: Member = { pattern, handler, queue, isOpen: true };
    this.#members.add(member);
    return member;
  }

  #leave(member: Member): void {
    member.isOpen = false;
    this.#members.delete(member);
  }

  #enqueue(message: BusMessage): void {
    if (this.#pending.length - this.#next >= (this.#options.maxPending ?? 65_536)) {
      return this.#report(new WitanError('overloaded', `a message on ${message.subject} was dropped`));
    }
    if (this.#next >= COMPACT_AT) {
      this.#pending.splice(0, this.#next);
      this.#next = 0;
    }
    this.#pending.push(message);
    if (this.#isDraining) return;
    this.#isDraining = true;
    queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    for (let count = 0; count < DELIVERIES_PER_TURN && this.#next < this.#pending.length; count++) {
      this.#deliver(this.#pending[this.#next++]!);
    }
    if (this.#next < this.#pending.length) return void this.#options.clock.setTimer(0, () => this.#drain());
    this.#pending = [];
    this.#next = 0;
    this.#isDraining = false;
    this.#endFlushes();
  }

  #deliver(message: BusMessage): void {
    const tokens = message.subject.split('.');
    const groups = new Map<string, Member[]>();
    const takers: Member[] = [];
    for (const member of this.#members) {
      if (!matchesSubject(member.pattern, tokens)) continue;
      if (member.queue === undefined) takers.push(member);
      else groups.set(member.queue, [...(groups.get(member.queue) ?? []), member]);
    }
    for (const [queue, members] of groups) {
      const turn = this.#turns.get(queue) ?? 0;
      this.#turns.set(queue, (turn + 1) % 0x1_0000_0000);
      takers.push(members[turn % members.length]!);
    }
    // Only now: a handler that subscribes must not get the message that made it do so.
    for (const member of takers) this.#call(member, message);
  }

  #call(member: Member, message: BusMessage): void {
    if (!member.isOpen) return;
    try {
      member.handler(message);
    } catch (error) {
      this.#report(error);
    }
  }

  #endFlushes(): void {
    for (const done of this.#flushed.splice(0)) done();
  }

  #report(error: unknown): void {
    this.#options.onError?.(error);
  }
}

function abortError(signal: AbortSignal): WitanError {
  if (signal.reason instanceof WitanError) return signal.reason;
  return new WitanError('cancelled', 'the caller gave the request up', {}, toWitanError(signal.reason));
}
