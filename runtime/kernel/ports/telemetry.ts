/**
 * Port: logs, counters, spans. The kernel calls it only where something happened; off means one null check.
 */

/** Level of a log line. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where a span begins; everything has a default. */
export interface SpanStart {
  /** W3C `traceparent` of what caused it; absent: the span begins a trace. */
  readonly parent?: string | undefined;
  /** Wall time of its start, for one that is told of afterwards; absent: now. */
  readonly startedWallMs?: number | undefined;
  /** `server`: the work was asked for from outside the node. */
  readonly kind?: 'server' | 'internal' | undefined;
}

/** Sink of everything a node says about itself. No method throws. */
export interface TelemetryPort {
  /** Whether anybody looks at spans; callers start none otherwise (absent: nobody). */
  readonly isTracing?: boolean;
  /** True: takes secrets and personal data out of lines itself; else the node does it before it hands them on. */
  readonly redacts?: boolean;
  /** Changes the lowest level that is written; absent: it cannot be changed while the node runs. */
  setLevel?(level: LogLevel | 'silent'): void;
  log(level: LogLevel, scope: string, message: string, fields?: Record<string, unknown>): void;
  /** Adds to a counter; label values come from small closed sets. */
  count(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Records a duration in ms. */
  time(name: string, elapsedMs: number, labels?: Readonly<Record<string, string>>): void;
  /** Puts a value that is no duration into a histogram; absent: nobody keeps it. */
  observe?(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Starts a span; `end` closes it. */
  span(name: string, attributes?: SpanAttributes, start?: SpanStart): TelemetrySpan;
  flush(): Promise<void>;
}

/** Attributes of a span or of an event on it. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** An open span. */
export interface TelemetrySpan {
  /** W3C `traceparent` of the span, or undefined when tracing is off. */
  readonly traceparent: string | undefined;
  /** False: nobody will see it (not sampled); what is below it need not be told. Absent: true. */
  readonly isRecording?: boolean;
  set(name: string, value: string | number): void;
  /** Notes something that happened within it, by default now. */
  event?(name: string, attributes?: SpanAttributes, atWallMs?: number): void;
  /** Ends it, by default now; later calls do nothing. */
  end(error?: unknown, atWallMs?: number): void;
}
