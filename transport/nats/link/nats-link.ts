/** One connection to NATS as our code sees it: the same over both client packages. */

/** Header values by name, one each. */
export type LinkHeaders = Readonly<Record<string, string>>;

/** A message as it came in. */
export interface LinkMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: LinkHeaders;
  readonly replyTo: string | undefined;
  /** Status that the server itself sent (100, 404, 408, 409, 503); 0: a message of somebody's. */
  readonly status: number;
  readonly statusText: string;
}

/** A live subscription. */
export interface LinkSubscription {
  /** The handler is not called again. Idempotent. */
  unsubscribe(): void;
  /** Takes what the server had already sent, then ends. */
  drain(): Promise<void>;
}

/** What the server said of itself at the latest connect. */
export interface LinkServer {
  readonly version: string;
  readonly maxPayloadBytes: number;
  readonly hasJetStream: boolean;
}

/** Change in the life of a link; `closed` is the last. */
export type LinkEvent = 'connected' | 'disconnected' | 'closed';

/** What goes out beside the data. */
export interface PublishOptions {
  readonly replyTo?: string | undefined;
  readonly headers?: LinkHeaders | undefined;
}

/** A connection that comes back by itself; nothing is kept for sending while it is away. */
export interface NatsLink {
  readonly isConnected: boolean;
  readonly server: LinkServer;
  /**
   * Hands a message to the socket; `data` must not change afterwards.
   * @throws unavailable (not connected), too_large, overloaded (the server takes nothing), invalid_argument
   */
  publish(subject: string, data: Uint8Array, options?: PublishOptions): void;
  /** Subscribes again by itself after each reconnect. @throws unavailable */
  subscribe(subject: string, handler: (message: LinkMessage) => void, queue?: string): LinkSubscription;
  /** Resolves when the server has seen everything sent so far. @throws unavailable */
  flush(): Promise<void>;
  /** A fresh subject for answers. */
  newInbox(): string;
  /** Tells of each {@link LinkEvent}; returns the end of the telling. */
  onEvent(listener: (event: LinkEvent) => void): () => void;
  /** Lets handlers finish what has arrived, sends what is buffered, closes. Idempotent. */
  close(): Promise<void>;
}

/** True when a server's version is at least `major.minor`. */
export function isServerAtLeast({ version }: LinkServer, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
