/** {@link NatsLink} over either client package. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { ClientConnection, ClientHeaders, ClientMessage, ClientPackage } from './client-package.ts';
import { clientOptions } from './client-package.ts';
import type { NatsConnectOptions } from './connect-options.ts';
import type {
  LinkEvent,
  LinkHeaders,
  LinkMessage,
  LinkServer,
  LinkSubscription,
  NatsLink,
  PublishOptions,
} from './nats-link.ts';
import { assertHeaders, headersByteLength } from './link-headers.ts';

/** What a link is opened with. */
export interface LinkOptions extends NatsConnectOptions {
  readonly client: ClientPackage;
  readonly clock: Clock;
  /** Told of a handler that throws and of what the server refuses. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const MAX_UNCONFIRMED_BYTES = 16_777_216;
// Bytes after which the server is asked to confirm: often enough to keep the count near the truth.
const CONFIRM_EVERY_BYTES = 262_144;
const DRAIN_MS = 5_000;
const NO_HEADERS: LinkHeaders = {};

/** Connects. @throws unavailable, unauthenticated (the server refuses our credentials), config_invalid */
export async function openLink(options: LinkOptions): Promise<NatsLink> {
  const translated = clientOptions(options.client, options);
  try {
    return new ClientLink(await options.client.connect(translated), options);
  } catch (error) {
    if (error instanceof WitanError) throw error;
    const isAuth = /authorization violation|authentication/i.test(String((error as Error)?.message));
    if (isAuth) throw new WitanError('unauthenticated', 'the NATS server refuses our credentials', {}, error);
    throw new WitanError('unavailable', 'the NATS server cannot be reached', {}, error);
  }
}

class ClientLink implements NatsLink {
  readonly #connection: ClientConnection;
  readonly #options: LinkOptions;
  readonly #listeners = new Set<(event: LinkEvent) => void>();
  #isConnected = true;
  #isClosed = false;
  #closing: Promise<void> | undefined;
  #unconfirmedBytes = 0;
  #sinceConfirmBytes = 0;
  #isConfirming = false;

  constructor(connection: ClientConnection, options: LinkOptions) {
    this.#connection = connection;
    this.#options = options;
    void this.#followStatus();
    void connection.closed().then(() => this.#end());
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.#isClosed;
  }

  get server(): LinkServer {
    const { version = '0', max_payload = 1_048_576, jetstream = false } = this.#connection.info ?? {};
    return { version, maxPayloadBytes: max_payload, hasJetStream: jetstream };
  }

  publish(subject: string, data: Uint8Array, { replyTo, headers }: PublishOptions = {}): void {
    this.#assertConnected();
    const size = data.byteLength + (headers ? headersByteLength(headers) : 0);
    const { maxPayloadBytes } = this.server;
    if (size > maxPayloadBytes) {
      throw new WitanError('too_large', `the message has ${size} bytes`, {
        path: '',
        expected: `at most ${maxPayloadBytes} bytes`,
      });
    }
    this.#countOutgoing(size + subject.length);
    this.#guarded(() =>
      this.#connection.publish(subject, data, {
        ...(replyTo !== undefined && { reply: replyTo }),
        ...(headers && { headers: this.#clientHeaders(headers) }),
      }),
    );
  }

  subscribe(subject: string, handler: (message: LinkMessage) => void, queue?: string): LinkSubscription {
    this.#assertConnected();
    let isOpen = true;
    const callback = (error: Error | null, message: ClientMessage): void => {
      if (error) return this.#report(error);
      if (!isOpen) return;
      try {
        handler(linkMessage(message));
      } catch (thrown) {
        this.#report(thrown);
      }
    };
    const inner = this.#guarded(() =>
      this.#connection.subscribe(subject, { callback, ...(queue !== undefined && { queue }) }),
    );
    return {
      unsubscribe: () => {
        if (!isOpen) return;
        isOpen = false;
        if (!this.#isClosed && !inner.isClosed()) inner.unsubscribe();
      },
      drain: async () => {
        if (isOpen && this.isConnected && !inner.isClosed())
          await Promise.race([inner.drain(), this.#gone()]);
        isOpen = false;
      },
    };
  }

  async flush(): Promise<void> {
    this.#assertConnected();
    const isGone = await Promise.race([
      this.#connection.flush().then(
        () => false,
        () => true,
      ),
      this.#gone().then(() => true),
    ]);
    if (isGone) throw unavailable();
  }

  newInbox(): string {
    return this.#options.client.newInbox(this.#options.inboxPrefix ?? '_INBOX');
  }

  onEvent(listener: (event: LinkEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Draining waits for the server: for one that is away not at all, for one that says nothing not for ever.
    if (this.isConnected) {
      let onLimit: () => void = () => undefined;
      const limit = new Promise<void>((resolve) => (onLimit = resolve));
      const timer = this.#options.clock.setTimer(DRAIN_MS, onLimit);
      await Promise.race([this.#connection.drain().catch(() => undefined), this.#gone(), limit]);
      timer.cancel();
    }
    await this.#connection.close();
    this.#end();
  }

  /** Resolves at the next loss of the connection. */
  #gone(): Promise<void> {
    if (!this.isConnected) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.onEvent((event) => {
        if (event === 'connected') return;
        stop();
        resolve();
      });
    });
  }

  async #followStatus(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (this.#isClosed) return;
      if (type === 'disconnect' && this.#isConnected) {
        this.#isConnected = false;
        this.#tell('disconnected');
      }
      if (type === 'reconnect' && !this.#isConnected) {
        this.#isConnected = true;
        this.#unconfirmedBytes = 0;
        this.#sinceConfirmBytes = 0;
        this.#tell('connected');
      }
    }
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isConnected = false;
    this.#tell('closed');
    this.#listeners.clear();
  }

  #tell(event: LinkEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  #countOutgoing(size: number): void {
    const limit = this.#options.maxUnconfirmedBytes ?? MAX_UNCONFIRMED_BYTES;
    if (this.#unconfirmedBytes + size > limit) {
      throw new WitanError('overloaded', 'the NATS server does not take messages as fast as they come', {
        retryAfterMs: 100,
      });
    }
    this.#unconfirmedBytes += size;
    this.#sinceConfirmBytes += size;
    if (this.#isConfirming || this.#sinceConfirmBytes < CONFIRM_EVERY_BYTES) return;
    this.#isConfirming = true;
    const confirmed = this.#unconfirmedBytes;
    this.#sinceConfirmBytes = 0;
    const done = (): void => {
      this.#isConfirming = false;
      this.#unconfirmedBytes = Math.max(0, this.#unconfirmedBytes - confirmed);
    };
    this.flush().then(done, done);
  }

  #clientHeaders(headers: LinkHeaders): ClientHeaders {
    const made = this.#options.client.headers();
    assertHeaders(headers);
    for (const [name, value] of Object.entries(headers)) made.append(name, value);
    return made;
  }

  #guarded<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof WitanError) throw error;
      throw new WitanError('unavailable', 'the connection to NATS refuses', {}, error);
    }
  }

  #assertConnected(): void {
    if (!this.isConnected || this.#closing) throw unavailable();
  }

  #report(error: unknown): void {
    this.#options.onError?.(error);
  }
}

function unavailable(): WitanError {
  return new WitanError('unavailable', 'there is no connection to NATS now', { retryAfterMs: 1_000 });
}

function linkMessage({ subject, data, reply, headers }: ClientMessage): LinkMessage {
  if (!headers)
    return { subject, data, headers: NO_HEADERS, replyTo: reply || undefined, status: 0, statusText: '' };
  const own: Record<string, string> = {};
  for (const [name, values] of headers) own[name] ??= values[0] ?? '';
  const { code, description } = headers;
  return { subject, data, headers: own, replyTo: reply || undefined, status: code, statusText: description };
}
