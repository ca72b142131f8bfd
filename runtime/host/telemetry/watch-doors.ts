/** What doors tell of: every call at the gate, every answer of the HTTP and NATS doors. */
import { ERROR_CODES } from '../../../contracts/errors.ts';
import type { Settings } from '../../../config/schema.ts';
import type { HttpAnswer } from '../../../transport/http/index.ts';
import type { NatsAnswer } from '../../../transport/nats/index.ts';
import type { GatePort } from '../../kernel/ports/admission/gate.ts';
import { SystemClock, SystemRandom } from '../../kernel/index.ts';
import type { NodeTelemetry } from '../../telemetry/node-telemetry.ts';
import { watchedGate } from '../../telemetry/watched-gate.ts';

/** The gate with figures, spans and sampled logs around it. */
export function watchGate(gate: GatePort, telemetry: NodeTelemetry, settings: Settings): GatePort {
  const { requestSampleBp } = settings.telemetry;
  return watchedGate(gate, {
    clock: new SystemClock(),
    random: new SystemRandom(),
    telemetry,
    requestSampleBp,
  });
}

/** Counts answers by route pattern, method and status; the samples of them are logged. */
export function tellAnswers(telemetry: NodeTelemetry, settings: Settings): (answer: HttpAnswer) => void {
  const { requestSampleBp } = settings.telemetry;
  const random = new SystemRandom();
  return ({ operation, method, route, status, elapsedMs, requestId, principal, traceparent }) => {
    const labels = { endpoint: route, method, status: String(status) };
    telemetry.count('api_requests', 1, labels);
    telemetry.count('http_requests', 1, { status: labels.status });
    if (requestSampleBp === 0 || random.next() * 10_000 >= requestSampleBp) return;
    telemetry.log('info', '/http', 'request', {
      operation,
      method,
      route,
      status,
      elapsedMs,
      requestId,
      principal: principal?.id ?? null,
      traceId: traceparent?.split('-')[1] ?? null,
    });
  };
}

/** Counts answers of the NATS door by subject and the HTTP status of their code; the gate times and logs them. */
export function tellNatsAnswers(telemetry: NodeTelemetry): (answer: NatsAnswer) => void {
  return ({ subject, error }) => {
    const status = error === undefined ? 200 : ERROR_CODES[error].httpStatus;
    telemetry.count('api_requests', 1, { endpoint: subject, method: 'NATS', status: String(status) });
  };
}
