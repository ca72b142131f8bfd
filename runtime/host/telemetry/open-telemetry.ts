/** Opens what a node tells of itself: metrics for Prometheus, spans for a collector, logs as the embedder has them. */
import type { Settings } from '../../../config/schema.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { NodeTelemetry } from '../../telemetry/node-telemetry.ts';
import { NodeMetrics } from '../../telemetry/prometheus/node-metrics.ts';
import { PACKAGE_VERSION } from '../package-info.ts';

/**
 * Telemetry of one node. Libraries are loaded here and only when a setting wants them: metrics on, an OTLP URL set.
 * @param outer The embedder's own port; gets everything as well.
 */
export async function openTelemetry(
  settings: Settings,
  outer: TelemetryPort | undefined,
): Promise<NodeTelemetry> {
  const { telemetry, node } = settings;
  const metrics = telemetry.metrics ? new NodeMetrics((await import('prom-client')).default) : undefined;
  metrics?.gauge('info', 1, { version: PACKAGE_VERSION, node: node.name });
  return new NodeTelemetry({ outer, metrics });
}
