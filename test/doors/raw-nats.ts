/**
 * A NATS client that knows nothing but the protocol: what a stranger with the documents alone could write.
 * @source https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A message as it stands on the wire. */
export interface RawMessage {
  readonly subject: string;
  readonly replyTo: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Number in the first line of the headers; 0 without one. */
  readonly status: number;
  readonly data: Buffer;
}

/** A subscription whose messages are asked for one by one. */
export interface RawSubscription {
  /** The next message; rejects after `timeoutMs` (default 5,000). */
  next(timeoutMs?: number): Promise<RawMessage>;
  /** Messages that came and were not asked for. */
  readonly waiting: readonly RawMessage[];
  unsubscribe(): void;
}

/** What is sent beside subject and data. */
export interface RawOptions {
  readonly replyTo?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Body = object | string | Uint8Array;

const CRLF = '\r\n';

/** See the head of this file. */
export class RawNats {
  readonly #socket: Socket;
  readonly #handlers = new Map<string, (message: RawMessage) => void>();
  #buffer = Buffer.alloc(0);
  #sid = 0;
  #pongs: (() => void)[] = [];
  /** Lines `-ERR` of the server. */
  readonly errors: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      while (this.#take());
    });
  }

  static async connect(port: number): Promise<RawNats> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined);
    const client = new RawNats(socket);
    socket.write(
      `CONNECT {"verbose":false,"headers":true,"no_responders":true,"lang":"raw","version":"1"}${CRLF}`,
    );
    await client.flush();
    return client;
  }

  publish(subject: string, body: Body = '', { replyTo = '', headers }: RawOptions = {}): void {
    const data = bytesOf(body);
    const to = replyTo === '' ? subject : `${subject} ${replyTo}`;
    if (!headers) return this.#write(`PUB ${to} ${data.byteLength}${CRLF}`, data);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}${CRLF}`);
    const block = Buffer.from(`NATS/1.0${CRLF}${lines.join('')}${CRLF}`);
    this.#write(
      `HPUB ${to} ${block.length} ${block.length + data.length}${CRLF}`,
      Buffer.concat([block, data]),
    );
  }

  subscribe(subject: string): RawSubscription {
    const sid = String((this.#sid += 1));
    const waiting: RawMessage[] = [];
    const asking: ((message: RawMessage) => void)[] = [];
    this.#handlers.set(sid, (message) => {
      const ask = asking.shift();
      if (ask) ask(message);
      else waiting.push(message);
    });
    this.#socket.write(`SUB ${subject} ${sid}${CRLF}`);
    return {
      waiting,
      next: (timeoutMs = 5_000) => {
        const first = waiting.shift();
        if (first) return Promise.resolve(first);
        return new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`nothing came on ${subject}`)), timeoutMs);
          asking.push((message) => (clearTimeout(timer), resolve(message)));
        });
      },
      unsubscribe: () => {
        this.#handlers.delete(sid);
        this.#socket.write(`UNSUB ${sid}${CRLF}`);
      },
    };
  }

  newInbox(): string {
    return `_INBOX.raw${process.pid}${Math.random().toString(36).slice(2)}`;
  }

  async request(subject: string, body: Body = '', options: RawOptions = {}): Promise<RawMessage> {
    const replyTo = this.newInbox();
    const subscription = this.subscribe(replyTo);
    this.publish(subject, body, { ...options, replyTo });
    try {
      return await subscription.next(10_000);
    } finally {
      subscription.unsubscribe();
    }
  }

  /** Resolves when the server has seen everything sent so far. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#pongs.push(resolve);
      this.#socket.write(`PING${CRLF}`);
    });
  }

  /** Ends without a word. */
  close(): void {
    this.#socket.destroy();
  }

  #write(head: string, data: Buffer): void {
    this.#socket.write(Buffer.concat([Buffer.from(head), data, Buffer.from(CRLF)]));
  }

  /** Takes one operation off the buffer; false when none is whole. */
  #take(): boolean {
    const end = this.#buffer.indexOf(CRLF);
    if (end < 0) return false;
    const [verb = '', ...fields] = this.#buffer.subarray(0, end).toString().split(/\s+/);
    if (verb !== 'MSG' && verb !== 'HMSG') {
      this.#buffer = this.#buffer.subarray(end + 2);
      if (verb === 'PING') this.#socket.write(`PONG${CRLF}`);
      if (verb === 'PONG') this.#pongs.shift()?.();
      if (verb === '-ERR') this.errors.push(fields.join(' '));
      return true;
    }
    const headerLength = verb === 'HMSG' ? Number(fields.at(-2)) : 0;
    const length = Number(fields.at(-1));
    if (this.#buffer.length < end + 2 + length + 2) return false;
    const body = this.#buffer.subarray(end + 2, end + 2 + length);
    this.#buffer = this.#buffer.subarray(end + 2 + length + 2);
    const replyTo = fields.length === (verb === 'HMSG' ? 5 : 4) ? fields[2] : undefined;
    const block = body.subarray(0, headerLength).toString();
    this.#handlers.get(fields[1]!)?.({
      subject: fields[0]!,
      replyTo,
      ...headersOf(block),
      data: Buffer.from(body.subarray(headerLength)),
    });
    return true;
  }
}

function headersOf(block: string): { headers: Record<string, string>; status: number } {
  const [first = '', ...lines] = block.split(CRLF);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] ??= line.slice(colon + 1).trim();
  }
  return { headers, status: Number(/^NATS\/1\.0 (\d+)/.exec(first)?.[1] ?? 0) };
}

function bytesOf(body: Body): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
}

/** JSON of a message's body. */
export function jsonOf<T = Record<string, unknown>>({ data }: RawMessage): T {
  return JSON.parse(data.toString()) as T;
}
