/** Opens what a node tells of itself: metrics for Prometheus, spans for a collector, the embedder's logs. */
import type { Settings } from '../../../config/schema.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { NodeTelemetry } from '../../telemetry/node-telemetry.ts';
import type { OtelTracer } from '../../telemetry/otel/otel-tracer.ts';
import { NodeMetrics } from '../../telemetry/prometheus/node-metrics.ts';
import { PACKAGE_VERSION } from '../package-info.ts';

/**
 * Telemetry of one node. Libraries are loaded only where a setting wants them: metrics on, an OTLP URL set.
 * @param outer The embedder's own port; gets everything as well.
 */
export async function openTelemetry(
  settings: Settings,
  outer: TelemetryPort | undefined,
): Promise<NodeTelemetry> {
  const { metrics: isMeasured } = settings.telemetry;
  const metrics = isMeasured ? new NodeMetrics((await import('prom-client')).default) : undefined;
  metrics?.gauge('info', 1, { version: PACKAGE_VERSION, node: settings.node.name });
  const tracer = await openTracer(settings, metrics);
  const telemetry = new NodeTelemetry({ outer, metrics, tracer });
  if (tracer) telemetry.onClose(() => tracer.close());
  return telemetry;
}

async function openTracer(
  { telemetry, node }: Settings,
  metrics: NodeMetrics | undefined,
): Promise<OtelTracer | undefined> {
  if (telemetry.otlpUrl === '') return undefined;
  const { openOtelTracer } = await import('../../telemetry/otel/otel-tracer.ts');
  return openOtelTracer({
    url: telemetry.otlpUrl,
    headers: telemetry.otlpHeaders,
    node: node.name,
    version: PACKAGE_VERSION,
    sampleBp: telemetry.traceSampleBp,
    onExport: (count, isDelivered) =>
      metrics?.count('trace_spans', count, { result: isDelivered ? 'delivered' : 'lost' }),
  });
}
