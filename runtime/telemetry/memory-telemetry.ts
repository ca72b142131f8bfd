/** Telemetry that remembers, for tests and for the inspector of an embedded node. */
import type { Clock } from '../kernel/clock.ts';
import type { LogLevel, TelemetryPort, TelemetrySpan } from '../kernel/ports/telemetry.ts';
import { MetricRegister } from './metric-register.ts';
import type { MetricLabels } from './metric-register.ts';

/** One remembered log line. */
export interface LogLine {
  readonly level: LogLevel;
  readonly scope: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
  readonly atWallMs: number;
}

/** One span, open while `elapsedMs` is undefined. */
export interface RecordedSpan {
  readonly name: string;
  readonly attributes: Record<string, string | number>;
  elapsedMs: number | undefined;
  error: unknown;
}

/** Keeps the newest lines and spans, and every metric. */
export class MemoryTelemetry implements TelemetryPort {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly metrics = new MetricRegister();
  readonly lines: LogLine[] = [];
  readonly spans: RecordedSpan[] = [];

  /** @param limit Lines and spans kept of each (default 10,000); the oldest go first. */
  constructor(clock: Clock, limit = 10_000) {
    this.#clock = clock;
    this.#limit = limit;
  }

  log(level: LogLevel, scope: string, message: string, fields: Record<string, unknown> = {}): void {
    this.#keep(this.lines, { level, scope, message, fields, atWallMs: this.#clock.wallMs() });
  }

  count(name: string, value: number, labels?: MetricLabels): void {
    this.metrics.count(name, value, labels);
  }

  gauge(name: string, value: number, labels?: MetricLabels): void {
    this.metrics.gauge(name, value, labels);
  }

  time(name: string, elapsedMs: number, labels?: MetricLabels): void {
    this.metrics.time(name, elapsedMs, labels);
  }

  span(name: string, attributes: Readonly<Record<string, string | number>> = {}): TelemetrySpan {
    const startedMs = this.#clock.monotonicMs();
    const span: RecordedSpan = {
      name,
      attributes: { ...attributes },
      elapsedMs: undefined,
      error: undefined,
    };
    this.#keep(this.spans, span);
    return {
      traceparent: undefined,
      set: (key, value) => void (span.attributes[key] = value),
      end: (error) => {
        if (span.elapsedMs !== undefined) return;
        span.elapsedMs = this.#clock.monotonicMs() - startedMs;
        span.error = error;
      },
    };
  }

  async flush(): Promise<void> {}

  #keep<T>(kept: T[], next: T): void {
    kept.push(next);
    if (kept.length > this.#limit) kept.shift();
  }
}
