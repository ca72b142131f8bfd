/** Port: publish/subscribe and request/reply between capabilities and nodes. */

/** A message on the bus. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Subject to answer on; undefined when no reply is expected. */
  readonly replyTo: string | undefined;
}

/** A live subscription. */
export interface Subscription {
  /** Idempotent. After it resolves the handler is not called again. */
  unsubscribe(): Promise<void>;
}

/** At-most-once messaging. Subjects are dot-separated; `*` matches one token, `>` the rest. */
export interface BusPort {
  publish(subject: string, data: Uint8Array, headers?: Readonly<Record<string, string>>): void;
  /** False when it is certain that nobody would get a message on `subject` now; absent: not known. */
  isHeard?(subject?: string): boolean;
  /** With `queue`, each message goes to one member of the group. A handler that throws is reported. */
  subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    options?: { queue?: string },
  ): Promise<Subscription>;
  /** @throws unavailable (no responder), deadline_exceeded, cancelled */
  request(
    subject: string,
    data: Uint8Array,
    options: { timeoutMs: number; signal?: AbortSignal; headers?: Readonly<Record<string, string>> },
  ): Promise<BusMessage>;
  /** Resolves when everything published so far left this process. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
