/**
 * Request and reply over one inbox: cancelled, timed out and failed at once when the connection goes.
 *
 * The packages' own `request` waits for its time limit after a disconnect and cannot be given up; both matter
 * here, because a lost request has to be reported as `unavailable` while there is still time to do something.
 */
import { WitanError, toWitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { LinkHeaders, LinkMessage, LinkSubscription, NatsLink } from './nats-link.ts';

/** One request's terms. */
export interface RequestOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: LinkHeaders | undefined;
  /** Holds the way to fail this request for as long as it waits: its owner calls it when it closes. */
  readonly waiters?: Set<(error: WitanError) => void> | undefined;
}

interface Pending {
  readonly subject: string;
  settle(message: LinkMessage): void;
  fail(error: WitanError): void;
}

const NO_RESPONDERS = 503;

/** Requests of one link. */
export class NatsRequests {
  readonly #link: NatsLink;
  readonly #clock: Clock;
  readonly #inbox: string;
  readonly #inner: LinkSubscription;
  readonly #stopEvents: () => void;
  readonly #pending = new Map<string, Pending>();
  #count = 0;

  constructor(link: NatsLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
    this.#inbox = link.newInbox();
    this.#inner = link.subscribe(`${this.#inbox}.*`, (message) => this.#take(message));
    this.#stopEvents = link.onEvent((event) => {
      if (event !== 'connected') this.failAll('the connection to NATS was lost; the outcome is unknown');
    });
  }

  /** Requests without an answer yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** @throws unavailable (nobody answers, connection lost), deadline_exceeded, cancelled, too_large */
  send(subject: string, data: Uint8Array, options: RequestOptions): Promise<LinkMessage> {
    const { timeoutMs, signal, headers, waiters } = options;
    return new Promise<LinkMessage>((resolve, reject) => {
      if (signal?.aborted) return reject(abortError(signal));
      const token = (this.#count += 1).toString(36);
      const end = (): void => {
        this.#pending.delete(token);
        waiters?.delete(fail);
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (error: WitanError): void => (end(), reject(error));
      const onAbort = (): void => fail(abortError(signal!));
      const timer = this.#clock.setTimer(timeoutMs, () =>
        fail(new WitanError('deadline_exceeded', `no answer on ${subject} within ${timeoutMs} ms`)),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      waiters?.add(fail);
      this.#pending.set(token, { subject, settle: (message) => (end(), resolve(message)), fail });
      try {
        this.#link.publish(subject, data, { replyTo: `${this.#inbox}.${token}`, headers });
      } catch (error) {
        fail(toWitanError(error));
      }
    });
  }

  /** Fails every request that waits, as `unavailable`. */
  failAll(reason: string): void {
    for (const pending of [...this.#pending.values()]) pending.fail(new WitanError('unavailable', reason));
  }

  /** Ends all; later requests would never be answered. */
  close(): void {
    this.#stopEvents();
    this.failAll('the connection to NATS is closed');
    this.#inner.unsubscribe();
  }

  #take(message: LinkMessage): void {
    const pending = this.#pending.get(message.subject.slice(this.#inbox.length + 1));
    if (!pending) return;
    if (message.status === NO_RESPONDERS && message.data.byteLength === 0) {
      pending.fail(new WitanError('unavailable', `nobody answers on ${pending.subject}`));
    } else pending.settle(message);
  }
}

function abortError(signal: AbortSignal): WitanError {
  if (signal.reason instanceof WitanError) return signal.reason;
  return new WitanError('cancelled', 'the caller gave the request up', {}, toWitanError(signal.reason));
}
