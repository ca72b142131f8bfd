import prometheus from 'prom-client';
import { WitanError } from '../../contracts/errors.ts';
import { assert, suite } from '../../test/harness.ts';
import { SimClock } from '../kernel/sim/sim-clock.ts';
import type { GateCall, GatePort } from '../kernel/ports/admission/gate.ts';
import type { SpanStart, TelemetrySpan } from '../kernel/ports/telemetry.ts';
import { MemoryTelemetry } from './memory-telemetry.ts';
import { NodeTelemetry } from './node-telemetry.ts';
import { NodeMetrics } from './prometheus/node-metrics.ts';
import { watchedGate } from './watched-gate.ts';

const test = suite('watched-gate');

const CALL: GateCall = { operation: 'decision.read', credentials: { door: 'grpc' } };
const PRINCIPAL = { id: 'key:1', tenant: 'acme', scopes: [] };
const RATE = { limit: 100, remaining: 25, resetMs: 1_000 };

function watched({
  sampleBp = 0,
  isAsync = false,
  error,
}: { sampleBp?: number; isAsync?: boolean; error?: Error } = {}) {
  const clock = new SimClock();
  const outer = new MemoryTelemetry(clock);
  const spans: { name: string; start: SpanStart | undefined; error: unknown; isOpen: boolean }[] = [];
  const tracer = {
    span(name: string, _attributes?: object, start?: SpanStart): TelemetrySpan {
      const span = { name, start, error: undefined as unknown, isOpen: true };
      spans.push(span);
      return {
        traceparent: `span-${spans.length}`,
        set: () => undefined,
        end: (thrown) => Object.assign(span, { error: thrown, isOpen: false }),
      };
    },
    flush: async () => undefined,
  };
  const metrics = new NodeMetrics(prometheus);
  let released = 0;
  const ended: unknown[] = [];
  const pass = {
    principal: PRINCIPAL,
    rate: RATE,
    onEnd: (listener: unknown) => void ended.push(listener),
    release: () => void (released += 1),
  };
  const gate: GatePort = {
    admit: () => {
      if (error && !isAsync) throw error;
      if (!isAsync) return pass;
      return error ? Promise.reject(error) : Promise.resolve(pass);
    },
  };
  const random = { next: () => 0.5, uint32: () => 0 };
  const telemetry = new NodeTelemetry({ outer, metrics, tracer });
  const subject = watchedGate(gate, { clock, random, telemetry, requestSampleBp: sampleBp });
  return { gate: subject, clock, outer, spans, metrics, released: () => released, ended };
}

test('a call is counted, timed and released once, without a promise where the gate gives none', async () => {
  const { gate, clock, metrics, released, ended } = watched();
  const pass = gate.admit(CALL);
  assert.not.ok(pass instanceof Promise);
  if (pass instanceof Promise) return;
  const listener = (): void => undefined;
  pass.onEnd(listener);
  assert.equal(ended, [listener]);
  assert.equal([pass.principal, pass.rate], [PRINCIPAL, RATE]);
  clock.advance(20);
  pass.release();
  pass.release();
  assert.is(released(), 2);
  const text = await metrics.text();
  assert.match(text, /^witan_gate_calls_total\{operation="decision.read",result="admitted"\} 1$/m);
  assert.match(text, /^witan_request_seconds_sum\{operation="decision.read"\} 0.02$/m);
  assert.match(text, /^witan_rate_limit_used_ratio_sum 0.75$/m);
});

for (const isAsync of [false, true]) {
  test(`a denial ${isAsync ? 'later' : 'at once'} is counted by its code and thrown on as it is`, async () => {
    const error = new WitanError('rate_limited', 'too many', { retryAfterMs: 5 });
    const { gate, metrics, spans } = watched({ error, isAsync });
    let thrown: unknown;
    try {
      await gate.admit(CALL);
    } catch (caught) {
      thrown = caught;
    }
    assert.is(thrown, error);
    const text = await metrics.text();
    assert.match(text, /^witan_gate_denials_total\{code="rate_limited"\} 1$/m);
    assert.equal(
      spans.map(({ name, isOpen, error: ended }) => [name, isOpen, ended]),
      [
        ['decision.read', false, error],
        ['witan.gate', false, error],
      ],
    );
  });
}

test('spans hang below the caller, and what the pass hands on hangs below the door', async () => {
  const { gate, spans } = watched({ isAsync: true });
  const pass = await gate.admit({ ...CALL, traceparent: 'of the caller' });
  assert.equal(
    spans.map(({ name, start, isOpen }) => [name, start?.parent, isOpen]),
    [
      ['decision.read', 'of the caller', true],
      ['witan.gate', 'span-1', false],
    ],
  );
  assert.is(pass.traceparent, 'span-1');
  pass.release();
  assert.is(spans[0]!.isOpen, false);
});

test('streams are counted while they are open and are no request time', async () => {
  const { gate, metrics } = watched();
  const call: GateCall = { ...CALL, operation: 'decision.follow' };
  const [first] = await Promise.all([gate.admit(call), gate.admit(call)]);
  assert.match(await metrics.text(), /^witan_open_streams\{operation="decision.follow"\} 2$/m);
  first.release();
  first.release();
  const text = await metrics.text();
  assert.match(text, /^witan_open_streams\{operation="decision.follow"\} 1$/m);
  assert.not.ok(text.includes('witan_request_seconds_count{operation="decision.follow"}'));
});

test('logs hold a sample of the calls, with door, operation, caller and trace; HTTP tells of its own', async () => {
  const half = watched({ sampleBp: 5_001 });
  (await half.gate.admit({ ...CALL, traceparent: '00-abc-def-01' })).release();
  (await half.gate.admit({ ...CALL, credentials: { door: 'http' } })).release();
  assert.is(half.outer.lines.length, 1);
  const { scope, fields } = half.outer.lines[0]!;
  assert.equal([scope, fields['operation'], fields['principal']], ['/grpc', 'decision.read', 'key:1']);
  const less = watched({ sampleBp: 5_000 });
  (await less.gate.admit(CALL)).release();
  assert.is(less.outer.lines.length, 0);
});
