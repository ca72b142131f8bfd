/** The gate with figures, spans and sampled request logs around it; it changes no answer. */
import { toWitanError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import { SPAN, TRACE } from '../../contracts/trace-names.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import type { GateCall, GatePass, GatePort } from '../kernel/ports/admission/gate.ts';
import type { TelemetrySpan } from '../kernel/ports/telemetry.ts';
import type { NodeTelemetry } from './node-telemetry.ts';

/** What the watching gate needs. */
export interface WatchedGateOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: NodeTelemetry;
  /** Share of calls that are logged, basis points. */
  readonly requestSampleBp: number;
}

/** The gate, watched. Admits without a promise where the gate does. @throws as the gate does */
export function watchedGate(gate: GatePort, options: WatchedGateOptions): GatePort {
  const streams = new Map<string, number>();
  return {
    admit(call) {
      const watch = new CallWatch(call, options, streams);
      const denied = (error: unknown): never => {
        watch.denied(error);
        throw error;
      };
      try {
        const pass = gate.admit(call);
        if (!(pass instanceof Promise)) return watch.admitted(pass);
        return pass.then((later) => watch.admitted(later), denied);
      } catch (error) {
        return denied(error);
      }
    },
  };
}

/** One call from its arrival to its end. */
class CallWatch {
  readonly #call: GateCall;
  readonly #options: WatchedGateOptions;
  readonly #streams: Map<string, number>;
  readonly #startedMs: number;
  readonly #isLogged: boolean;
  readonly #doorSpan: TelemetrySpan | undefined;
  readonly #gateSpan: TelemetrySpan | undefined;

  constructor(call: GateCall, options: WatchedGateOptions, streams: Map<string, number>) {
    this.#call = call;
    this.#options = options;
    this.#streams = streams;
    const { telemetry, clock, random, requestSampleBp } = options;
    this.#startedMs = clock.monotonicMs();
    // The HTTP door tells of its answers itself, with their status.
    const isSampled = requestSampleBp > 0 && random.next() * 10_000 < requestSampleBp;
    this.#isLogged = isSampled && call.credentials.door !== 'http';
    if (!telemetry.isTracing) return;
    const { operation, traceparent, credentials } = call;
    const attributes = { [TRACE.doorOperation]: operation, [TRACE.door]: credentials.door };
    this.#doorSpan = telemetry.span(operation, attributes, { parent: traceparent, kind: 'server' });
    if (this.#doorSpan.isRecording === false) return;
    this.#gateSpan = telemetry.span(SPAN.gate, undefined, { parent: this.#doorSpan.traceparent });
  }

  admitted(pass: GatePass): GatePass {
    const { telemetry } = this.#options;
    this.#decided('admitted');
    this.#gateSpan?.end();
    const { principal, rate } = pass;
    if (rate && rate.limit > 0) telemetry.observe('rate_use', 1 - rate.remaining / rate.limit);
    this.#countStream(1);
    let isOpen = true;
    const traceparent = this.#doorSpan?.traceparent ?? this.#call.traceparent;
    return {
      principal,
      rate,
      ...(traceparent !== undefined && { traceparent }),
      onEnd: (listener) => pass.onEnd(listener),
      release: () => {
        pass.release();
        if (!isOpen) return;
        isOpen = false;
        this.#ended(principal.id);
      },
    };
  }

  denied(error: unknown): void {
    const { code } = toWitanError(error);
    this.#decided('denied');
    this.#options.telemetry.count('gate_denials', 1, { code });
    this.#gateSpan?.end(error);
    this.#doorSpan?.end(error);
    if (this.#isLogged) this.#log({ code });
  }

  #decided(result: 'admitted' | 'denied'): void {
    const { telemetry, clock } = this.#options;
    telemetry.count('gate_calls', 1, { operation: this.#call.operation, result });
    telemetry.time('gate_time', clock.monotonicMs() - this.#startedMs);
  }

  #ended(principalId: string): void {
    const { telemetry, clock } = this.#options;
    const { operation } = this.#call;
    const elapsedMs = clock.monotonicMs() - this.#startedMs;
    if (OPERATIONS[operation].kind === 'unary') telemetry.time('request_time', elapsedMs, { operation });
    this.#countStream(-1);
    this.#doorSpan?.end();
    if (this.#isLogged) this.#log({ principal: principalId, elapsedMs });
  }

  #countStream(by: 1 | -1): void {
    const { operation } = this.#call;
    if (OPERATIONS[operation].kind !== 'stream') return;
    const count = (this.#streams.get(operation) ?? 0) + by;
    this.#streams.set(operation, count);
    this.#options.telemetry.gauge('open_streams', count, { operation });
  }

  #log(fields: { code?: ErrorCode; principal?: string; elapsedMs?: number }): void {
    const { operation, credentials, traceparent } = this.#call;
    const traceId = (this.#doorSpan?.traceparent ?? traceparent)?.split('-')[1];
    const { door } = credentials;
    this.#options.telemetry.log('info', `/${door}`, 'request', {
      operation,
      ...fields,
      ...(traceId !== undefined && { traceId }),
    });
  }
}
