/** Tells the trail of calls that a door let in: with their status where the door knows it (AUD-13). */
import type { AnsweredRequest } from '../../../agents/platform/audit/events/request-book.ts';
import type { HttpAnswer } from '../../../transport/http/index.ts';
import type { GateCall, GatePass, GatePort } from '../../kernel/ports/admission/gate.ts';

/** Told of each answered request. */
export type OnRequest = (request: AnsweredRequest) => void;

/** The same gate; calls of doors that do not tell of their answers are told of when they end. */
export function recordedGate(gate: GatePort, onRequest: OnRequest): GatePort {
  const told = ({ operation, credentials }: GateCall, pass: GatePass): GatePass => {
    const { door } = credentials;
    if (door === 'http') return pass;
    let isOver = false;
    const release = (): void => {
      pass.release();
      if (isOver) return;
      isOver = true;
      onRequest({ door, operation, outcome: 'ended', principal: pass.principal });
    };
    const { principal, rate, traceparent } = pass;
    const same = { principal, rate, ...(traceparent !== undefined && { traceparent }) };
    return { ...same, onEnd: (listener) => pass.onEnd(listener), release };
  };
  return {
    admit(call) {
      const pass = gate.admit(call);
      return pass instanceof Promise ? pass.then((later) => told(call, later)) : told(call, pass);
    },
  };
}

/** An answer of the HTTP door as the trail takes it. */
export function requestOf(answer: HttpAnswer): AnsweredRequest {
  const { operation, status, principal, elapsedMs, requestId } = answer;
  return { door: 'http', operation, outcome: String(status), principal, elapsedMs, requestId };
}
