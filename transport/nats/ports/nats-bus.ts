/** {@link BusPort} over NATS: at most once, nothing kept while the connection is away. */
import { WitanError } from '../../../contracts/errors.ts';
import type { BusMessage, BusPort, Subscription } from '../../../runtime/kernel/ports/bus.ts';
import { assertHeaders } from '../link/link-headers.ts';
import type { LinkHeaders, LinkMessage, LinkSubscription, NatsLink } from '../link/nats-link.ts';
import type { NatsRequests } from '../link/requests.ts';
import { assertSubject } from '../link/subject-form.ts';
import { PortGate } from './port-gate.ts';

/** What a bus is made of. */
export interface NatsBusParts {
  readonly link: NatsLink;
  readonly requests: NatsRequests;
  /** Told of a handler that throws. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Bus of one link. `publish` and `request` are `unavailable` while the connection is away and `overloaded`
 * while the server takes nothing; `too_large` past the server's payload limit.
 */
export class NatsBus implements BusPort {
  readonly #parts: NatsBusParts;
  readonly #gate = new PortGate('bus');
  readonly #open = new Set<LinkSubscription>();

  constructor(parts: NatsBusParts) {
    this.#parts = parts;
  }

  publish(subject: string, data: Uint8Array, headers?: LinkHeaders): void {
    this.#gate.assertOpen();
    assertSubject(subject, 'subject');
    // The client sends at the end of the turn: what the caller changes until then must not show.
    this.#parts.link.publish(subject, data.slice(), { headers: withContent(headers) });
  }

  async subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    options: { queue?: string } = {},
  ): Promise<Subscription> {
    this.#gate.assertOpen();
    assertSubject(subject, 'pattern');
    if (options.queue !== undefined) assertSubject(options.queue, 'subject');
    const inner = this.#parts.link.subscribe(
      subject,
      (message) => this.#call(handler, message),
      options.queue,
    );
    this.#open.add(inner);
    const unsubscribe = async (): Promise<void> => {
      inner.unsubscribe();
      this.#open.delete(inner);
    };
    try {
      // Only when the server knows of it does a message of another connection reach it.
      await this.#parts.link.flush();
    } catch (error) {
      await unsubscribe();
      throw error;
    }
    return { unsubscribe };
  }

  async request(
    subject: string,
    data: Uint8Array,
    options: { timeoutMs: number; signal?: AbortSignal; headers?: LinkHeaders },
  ): Promise<BusMessage> {
    this.#gate.assertOpen();
    assertSubject(subject, 'subject');
    const { timeoutMs, signal, headers } = options;
    const answer = await this.#parts.requests.send(subject, data.slice(), {
      timeoutMs,
      signal,
      headers: withContent(headers),
      waiters: this.#gate.waiters,
    });
    return busMessage(answer);
  }

  async flush(): Promise<void> {
    await this.#gate.run(() => this.#parts.link.flush());
  }

  async close(): Promise<void> {
    if (!this.#gate.close()) return;
    for (const inner of this.#open) inner.unsubscribe();
    this.#open.clear();
    if (this.#parts.link.isConnected) await this.#parts.link.flush().catch(() => undefined);
  }

  #call(handler: (message: BusMessage) => void, message: LinkMessage): void {
    try {
      handler(busMessage(message));
    } catch (error) {
      this.#parts.onError?.(error);
    }
  }
}

function withContent(headers: LinkHeaders | undefined): LinkHeaders | undefined {
  if (!headers) return undefined;
  assertHeaders(headers);
  return Object.keys(headers).length === 0 ? undefined : headers;
}

function busMessage({ subject, data, headers, replyTo, status }: LinkMessage): BusMessage {
  if (status !== 0 && data.byteLength === 0 && status >= 400) {
    throw new WitanError('unavailable', `the NATS server answers with status ${status}`);
  }
  return { subject, data, headers, replyTo };
}
