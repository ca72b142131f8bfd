/** Spans through the OpenTelemetry SDK; this file is loaded only where a collector is configured. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import { toWitanError } from '../../../contracts/errors.ts';
import { TRACE, TRACE_CONVENTIONS } from '../../../contracts/trace-names.ts';
import type {
  SpanAttributes,
  SpanStart,
  TelemetryPort,
  TelemetrySpan,
} from '../../kernel/ports/telemetry.ts';

/** What a tracer is made from. */
export interface OtelTracerOptions {
  /** Where spans go: `http(s)://…/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly node: string;
  readonly version: string;
  /** Share of traces that begin here, basis points; those of a caller follow its choice. */
  readonly sampleBp: number;
  /** Gets the number of spans that were handed over, or lost. */
  onExport(spanCount: number, isDelivered: boolean): void;
}

/** A tracer that is closed with its node. */
export interface OtelTracer extends Pick<TelemetryPort, 'span' | 'flush'> {
  /** Hands out what is left, for `CLOSE_MS` at most. */
  close(): Promise<void>;
}

const QUEUE_MAX_COUNT = 8_192;
const BATCH_MAX_COUNT = 512;
const EXPORT_EVERY_MS = 1_000;
const EXPORT_MS = 5_000;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Makes a tracer of its own: no global provider, propagator or context manager is set. */
export function openOtelTracer(options: OtelTracerOptions): OtelTracer {
  const { url, headers, node, version, sampleBp } = options;
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: EXPORT_MS });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'witan',
      'service.version': version,
      'service.instance.id': node,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleBp / 10_000) }),
    spanProcessors: [
      new BatchSpanProcessor(counting(exporter, options), {
        maxQueueSize: QUEUE_MAX_COUNT,
        maxExportBatchSize: BATCH_MAX_COUNT,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const schemaUrl = `https://opentelemetry.io/schemas/${TRACE_CONVENTIONS}`;
  const tracer = provider.getTracer('witan', version, { schemaUrl });
  return {
    span(name, attributes, start) {
      const given = start ?? {};
      const startTime = given.startedWallMs;
      const span = tracer.startSpan(
        name,
        {
          kind: given.kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL,
          ...(attributes && { attributes }),
          ...(startTime !== undefined && { startTime }),
        },
        contextOf(given),
      );
      return new OtelSpan(span);
    },
    flush: () => provider.forceFlush().catch(() => undefined),
    close: () => provider.shutdown().catch(() => undefined),
  };
}

function contextOf({ parent }: SpanStart): Context {
  const parts = parent === undefined ? null : TRACEPARENT.exec(parent);
  if (!parts) return ROOT_CONTEXT;
  const [, traceId, spanId, flags] = parts;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceId!,
    spanId: spanId!,
    traceFlags: Number.parseInt(flags!, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  });
}

class OtelSpan implements TelemetrySpan {
  readonly traceparent: string;
  readonly isRecording: boolean;
  readonly #span: Span;
  #isOpen = true;

  constructor(span: Span) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
    this.isRecording = span.isRecording();
    this.#span = span;
  }

  set(name: string, value: string | number): void {
    this.#span.setAttribute(name, value);
  }

  event(name: string, attributes: SpanAttributes = {}, atWallMs?: number): void {
    this.#span.addEvent(name, attributes, atWallMs);
  }

  end(error?: unknown, atWallMs?: number): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (error !== undefined) {
      // The code only: messages of errors may hold what callers sent.
      const { code } = toWitanError(error);
      this.#span.setAttribute(TRACE.errorType, code);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    }
    this.#span.end(atWallMs);
  }
}

function counting(exporter: SpanExporter, { onExport }: OtelTracerOptions): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        onExport(spans.length, result.code === 0);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
