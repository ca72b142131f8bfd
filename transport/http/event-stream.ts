/**
 * Server-sent events to one client: bounded, never waited for.
 *
 * What the socket does not take is queued up to a bound; past it the queue is dropped and the client is told
 * `gap` as soon as it reads again. The publisher never learns how fast anyone reads.
 * @source WHATWG HTML §9.2 (server-sent events)
 */

/** The part of `http.ServerResponse` that a stream writes to. */
export interface StreamSink {
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** False: full until `drain`. */
  write(chunk: string): boolean;
  end(): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

/** Bounds of one client. */
export interface StreamLimits {
  readonly maxQueuedEvents: number;
  /** UTF-16 code units that may wait. */
  readonly maxQueuedLength: number;
  /** A comment is sent when nothing else was for this long, ms. */
  readonly heartbeatMs: number;
  /** A client that takes nothing for this long is cut off, ms. */
  readonly stallMs: number;
}

/** Bounds used where none are given. */
export const STREAM_LIMITS: StreamLimits = {
  maxQueuedEvents: 256,
  maxQueuedLength: 1_048_576,
  heartbeatMs: 10_000,
  stallMs: 60_000,
};

/** One event as a client sees it. */
export interface StreamEvent {
  readonly name: string;
  /** Becomes the client's `Last-Event-ID`; absent: unchanged. */
  readonly id?: string;
  readonly data: unknown;
  /** Sequence that a `gap` names as the last one lost, when this event is dropped. */
  readonly sequence?: number;
}

/** An open stream; every method is safe after it closed. */
export interface EventStream {
  /** Sends the head; done by the first `send` otherwise. */
  open(): void;
  send(event: StreamEvent): void;
  /** Tells the client that events up to `resumeAfter` are lost to it. */
  gap(resumeAfter: number, droppedCount: number): void;
  end(): void;
  /** Ends with an event `error`; what waits for the client is dropped. */
  fail(body: object): void;
}

/** Options of {@link createEventStream}. */
export interface EventStreamOptions {
  readonly limits: StreamLimits;
  readonly headers: Record<string, string>;
  /** Runs once, however the stream ended. */
  onClose(): void;
}

/** Opens a stream on `sink`; nothing is written before the first event or `open()`. */
export function createEventStream(sink: StreamSink, options: EventStreamOptions): EventStream {
  const client = new StreamClient(sink, options);
  return {
    open: () => client.open(),
    send: (event) => client.send(event),
    gap: (resumeAfter, droppedCount) => client.gap(resumeAfter, droppedCount),
    end: () => client.end(),
    fail: (body) => client.fail(body),
  };
}

class StreamClient {
  private readonly sink: StreamSink;
  private readonly options: EventStreamOptions;
  private queue: string[] = [];
  private queuedLength = 0;
  private blocked = false;
  private opened = false;
  private closed = false;
  private ending = false;
  private droppedCount = 0;
  private lostUpTo = 0;
  private heartbeat: NodeJS.Timeout | undefined;
  private stall: NodeJS.Timeout | undefined;

  constructor(sink: StreamSink, options: EventStreamOptions) {
    this.sink = sink;
    this.options = options;
    sink.on('drain', () => this.onDrain());
    sink.on('close', () => this.close());
    sink.on('error', () => this.close());
  }

  open(): void {
    if (this.opened || this.closed) return;
    this.opened = true;
    this.sink.writeHead(200, {
      ...this.options.headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.write('retry: 1000\n\n');
    const { heartbeatMs } = this.options.limits;
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs);
    this.heartbeat.unref();
  }

  send(event: StreamEvent): void {
    if (this.closed || this.ending) return;
    this.open();
    const text = formatEvent(event);
    if (!this.blocked) return this.write(text);
    const { maxQueuedEvents, maxQueuedLength } = this.options.limits;
    const fits = this.queue.length < maxQueuedEvents && this.queuedLength + text.length <= maxQueuedLength;
    if (fits && this.droppedCount === 0) {
      this.queue.push(text);
      this.queuedLength += text.length;
      return;
    }
    this.droppedCount += this.queue.length + 1;
    this.lostUpTo = Math.max(this.lostUpTo, event.sequence ?? 0);
    this.queue = [];
    this.queuedLength = 0;
  }

  gap(resumeAfter: number, droppedCount: number): void {
    if (this.closed || this.ending) return;
    this.open();
    this.lostUpTo = Math.max(this.lostUpTo, resumeAfter);
    this.droppedCount += droppedCount + this.queue.length;
    this.queue = [];
    this.queuedLength = 0;
    if (!this.blocked) this.flushGap();
  }

  end(): void {
    if (this.closed) return;
    this.ending = true;
    this.open();
    if (!this.blocked) this.finish();
  }

  fail(body: object): void {
    if (this.closed) return;
    this.ending = true;
    this.open();
    const text = formatEvent({ name: 'error', data: body });
    this.droppedCount = 0;
    this.queue = this.blocked ? [text] : [];
    this.queuedLength = 0;
    if (this.blocked) return;
    this.write(text);
    if (!this.blocked) this.finish();
  }

  private onDrain(): void {
    clearTimeout(this.stall);
    this.blocked = false;
    if (this.closed) return;
    if (this.droppedCount > 0) this.flushGap();
    while (!this.blocked && this.queue.length > 0) {
      const next = this.queue.shift()!;
      this.queuedLength -= next.length;
      this.write(next);
    }
    if (this.ending && !this.blocked) this.finish();
  }

  private flushGap(): void {
    const data = { droppedCount: this.droppedCount, resumeAfter: this.lostUpTo };
    this.droppedCount = 0;
    // No id: a client that connects again asks from the last event it really got.
    this.write(formatEvent({ name: 'gap', data }));
  }

  private beat(): void {
    if (!this.blocked && !this.closed) this.write(': \n\n');
  }

  private write(text: string): void {
    if (this.sink.write(text) !== false) return;
    this.blocked = true;
    this.stall = setTimeout(() => this.sink.destroy(), this.options.limits.stallMs);
    this.stall.unref();
  }

  private finish(): void {
    this.sink.end();
    this.close();
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.queue = [];
    clearInterval(this.heartbeat);
    clearTimeout(this.stall);
    this.options.onClose();
  }
}

// One event goes to many clients: its JSON is made once.
const texts = new WeakMap<object, string>();

function formatEvent(event: StreamEvent): string {
  const id = event.id === undefined ? '' : `id: ${event.id}\n`;
  return `event: ${event.name}\n${id}data: ${jsonOf(event.data)}\n\n`;
}

function jsonOf(data: unknown): string {
  if (typeof data !== 'object' || data === null) return JSON.stringify(data);
  const known = texts.get(data);
  if (known !== undefined) return known;
  const text = JSON.stringify(data);
  texts.set(data, text);
  return text;
}
