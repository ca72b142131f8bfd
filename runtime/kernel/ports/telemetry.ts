/**
 * Port: logs, counters, spans. The kernel calls it only where something happened; off means one null check.
 */

/** Level of a log line. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Sink of everything a node says about itself. No method throws. */
export interface TelemetryPort {
  log(level: LogLevel, scope: string, message: string, fields?: Record<string, unknown>): void;
  /** Adds to a counter; label values come from small closed sets. */
  count(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Records a duration in ms. */
  time(name: string, elapsedMs: number, labels?: Readonly<Record<string, string>>): void;
  /** Starts a span; `end` closes it. */
  span(name: string, attributes?: Readonly<Record<string, string | number>>): TelemetrySpan;
  flush(): Promise<void>;
}

/** An open span. */
export interface TelemetrySpan {
  /** W3C `traceparent` of the span, or undefined when tracing is off. */
  readonly traceparent: string | undefined;
  set(name: string, value: string | number): void;
  end(error?: unknown): void;
}
