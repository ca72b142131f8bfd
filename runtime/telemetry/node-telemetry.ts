/** Telemetry of one node: log lines to whoever embeds it, metrics to Prometheus, spans to a collector. */
import type { LogLevel, SpanStart, TelemetryPort, TelemetrySpan } from '../kernel/ports/telemetry.ts';
import type { MetricLabels } from './metric-register.ts';
import { NULL_SPAN } from './null-telemetry.ts';
import type { NodeMetrics } from './prometheus/node-metrics.ts';
import { redactFields, redactText } from './redact.ts';

/** What a node's telemetry is made of; each part may be absent. */
export interface NodeTelemetryParts {
  /** The embedder's own port: gets everything. */
  readonly outer?: TelemetryPort | undefined;
  readonly metrics?: NodeMetrics | undefined;
  readonly tracer?: Pick<TelemetryPort, 'span' | 'flush'> | undefined;
}

/** See {@link TelemetryPort}. */
export class NodeTelemetry implements TelemetryPort {
  readonly isTracing: boolean;
  readonly #outer: TelemetryPort | undefined;
  readonly #tracer: NodeTelemetryParts['tracer'];
  readonly metrics: NodeMetrics | undefined;
  readonly #ends: (() => void | Promise<void>)[] = [];

  constructor({ outer, metrics, tracer }: NodeTelemetryParts) {
    this.#outer = outer;
    this.metrics = metrics;
    this.#tracer = tracer ?? (outer?.isTracing === true ? outer : undefined);
    this.isTracing = this.#tracer !== undefined;
  }

  log(level: LogLevel, scope: string, message: string, fields?: Record<string, unknown>): void {
    const outer = this.#outer;
    if (!outer) return;
    if (outer.redacts === true) outer.log(level, scope, message, fields);
    else outer.log(level, scope, redactText(message), fields && redactFields(fields));
  }

  /** Whether the level could be changed. */
  setLevel(level: LogLevel | 'silent'): boolean {
    this.#outer?.setLevel?.(level);
    return this.#outer?.setLevel !== undefined;
  }

  count(name: string, value: number, labels?: MetricLabels): void {
    this.metrics?.count(name, value, labels);
    this.#outer?.count(name, value, labels);
  }

  gauge(name: string, value: number, labels?: MetricLabels): void {
    this.metrics?.gauge(name, value, labels);
    this.#outer?.gauge(name, value, labels);
  }

  observe(name: string, value: number, labels?: MetricLabels): void {
    this.metrics?.observe(name, value, labels);
    this.#outer?.observe?.(name, value, labels);
  }

  time(name: string, elapsedMs: number, labels?: MetricLabels): void {
    this.metrics?.observe(name, elapsedMs / 1_000, labels);
    this.#outer?.time(name, elapsedMs, labels);
  }

  span(
    name: string,
    attributes?: Readonly<Record<string, string | number>>,
    start?: SpanStart,
  ): TelemetrySpan {
    return this.#tracer?.span(name, attributes, start) ?? NULL_SPAN;
  }

  async flush(): Promise<void> {
    if (this.#tracer !== this.#outer) await this.#tracer?.flush();
    await this.#outer?.flush();
  }

  /** Runs `end` when the node's telemetry is closed. */
  onClose(end: () => void | Promise<void>): void {
    this.#ends.push(end);
  }

  /** Ends measurements and hands out what is left. */
  async close(): Promise<void> {
    await this.flush();
    await Promise.allSettled(this.#ends.splice(0).map(async (end) => end()));
  }
}
