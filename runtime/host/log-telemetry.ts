/** Telemetry that writes log lines where the embedder says. */
import type { LogLevel, TelemetryPort } from '../kernel/ports/telemetry.ts';
import { SystemClock } from '../kernel/index.ts';
import { PinoTelemetry } from '../telemetry/pino-telemetry.ts';

/**
 * Log lines as JSON, one a call to `write`; the node's metrics are at `/metrics`.
 * @example createLogTelemetry({ level: 'info', write: (text) => process.stderr.write(text) })
 */
export function createLogTelemetry(options: {
  readonly level?: LogLevel;
  write(text: string): void;
}): TelemetryPort {
  const { level = 'info', write } = options;
  return new PinoTelemetry({ clock: new SystemClock(), level, stream: { write: (text) => write(text) } });
}
