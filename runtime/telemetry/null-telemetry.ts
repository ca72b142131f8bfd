/** Telemetry that says nothing. */
import type { TelemetryPort, TelemetrySpan } from '../kernel/ports/telemetry.ts';

/** A span of a node that does not trace. */
export const NULL_SPAN: TelemetrySpan = { traceparent: undefined, isRecording: false, set() {}, end() {} };

/** The sink for embedding without logs; every call costs a function call and nothing else. */
export const nullTelemetry: TelemetryPort = {
  log() {},
  count() {},
  gauge() {},
  time() {},
  span: () => NULL_SPAN,
  flush: async () => {},
};
