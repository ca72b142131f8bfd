/** The listener for scrapers of a node, where its settings ask for one. */
import { openMetricsListener } from '../../../transport/http/index.ts';
import type { GatePort } from '../../kernel/ports/admission/gate.ts';
import type { DoorParts } from './open-doors.ts';

/** Opens it; it serves until the node's telemetry is closed. @throws already_exists, unavailable */
export async function openMetricsDoor(parts: DoorParts, gate: GatePort): Promise<void> {
  const { metricsPort: port, metricsHost: host } = parts.settings.telemetry;
  if (port === null) return;
  const { allowedHosts } = parts.settings.http;
  const isAnyAddress = host === '0.0.0.0' || host === '::';
  const listener = await openMetricsListener({
    gate,
    backend: parts.backend,
    host,
    port,
    allowedHosts: isAnyAddress ? allowedHosts : [host, ...allowedHosts],
  });
  parts.telemetry.onClose(() => listener.close());
  parts.telemetry.log('info', '/metrics', 'metrics are served', { url: listener.url });
}
