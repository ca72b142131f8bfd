import { WitanError } from '../../contracts/errors.ts';
import { assert, suite } from '../../test/harness.ts';
import { SimClock } from '../kernel/sim/sim-clock.ts';
import type { TelemetryPort } from '../kernel/ports/telemetry.ts';
import { MemoryTelemetry } from './memory-telemetry.ts';
import { MetricRegister } from './metric-register.ts';
import { nullTelemetry } from './null-telemetry.ts';
import { PinoTelemetry } from './pino-telemetry.ts';
import type { PinoTelemetryOptions } from './pino-telemetry.ts';

const test = suite('telemetry');

function pinoTo(options: Partial<PinoTelemetryOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const clock = new SimClock();
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { clock, lines, telemetry: new PinoTelemetry({ clock, stream, ...options }) };
}

test('no implementation throws, whatever it is given', async () => {
  const cyclic: Record<string, unknown> = { big: 10n, fn: () => 1, symbol: Symbol('s') };
  cyclic['self'] = cyclic;
  const hostile = {
    toJSON: () => {
      throw new Error('hostile');
    },
  };
  const failing = {
    write: () => {
      throw new Error('disk full');
    },
  };
  const clock = new SimClock();
  const ports: TelemetryPort[] = [
    nullTelemetry,
    new MemoryTelemetry(clock),
    pinoTo({ level: 'debug' }).telemetry,
    new PinoTelemetry({ clock, stream: failing, level: 'debug' }),
  ];
  for (const port of ports) {
    for (const level of ['debug', 'info', 'warn', 'error'] as const)
      port.log(level, 'scope', 'message', cyclic);
    port.log('info', 'scope', 'message', { hostile });
    port.count('a', 1);
    port.gauge('b', 1, { x: 'y' });
    port.time('c', 1);
    const span = port.span('d', { n: 1 });
    span.set('k', 'v');
    span.end(new Error('failed'));
    span.end();
    await port.flush();
  }
});

test('pino writes JSON lines of the level or above, on the injected wall clock, with its bindings', () => {
  const { lines, telemetry } = pinoTo({ bindings: { node: 'n1' } });
  telemetry.log('debug', '/a', 'hidden');
  telemetry.log('warn', '/a', 'shown', { count: 2, scope: 'not overwritten' });
  assert.equal(lines, [
    { level: 'warn', time: '2026-01-01T00:00:00.000Z', node: 'n1', count: 2, scope: '/a', message: 'shown' },
  ]);
});

test('errors in fields are written with code and details', () => {
  const { lines, telemetry } = pinoTo();
  telemetry.log('error', '/a', 'failed', {
    error: new WitanError('overloaded', 'full', { retryAfterMs: 5 }),
  });
  const error = lines[0]!['error'] as Record<string, unknown>;
  assert.is(error['code'], 'overloaded');
  assert.equal(error['details'], { retryAfterMs: 5 });
  assert.is(error['message'], 'full');
});

test('pino says nothing on stdout by itself', () => {
  const written: unknown[] = [];
  const original = process.stdout.write;
  process.stdout.write = ((chunk: unknown) => (written.push(chunk), true)) as typeof process.stdout.write;
  try {
    pinoTo().telemetry.log('error', '/a', 'to the stream');
  } finally {
    process.stdout.write = original;
  }
  assert.equal(written, []);
});

test('a span is a line at debug with its duration; it ends once', () => {
  const { clock, lines, telemetry } = pinoTo({ level: 'debug' });
  const span = telemetry.span('append', { size: 3 });
  clock.advance(12);
  span.set('index', 7);
  span.end();
  span.end();
  assert.is(lines.length, 1);
  assert.is(lines[0]!['elapsedMs'], 12);
  assert.is(lines[0]!['index'], 7);
});

test('memory keeps lines and spans up to its limit, oldest first out', () => {
  const clock = new SimClock();
  const telemetry = new MemoryTelemetry(clock, 2);
  for (const message of ['a', 'b', 'c']) telemetry.log('info', 's', message);
  assert.equal(
    telemetry.lines.map((line) => line.message),
    ['b', 'c'],
  );
  const span = telemetry.span('x');
  clock.advance(3);
  span.end('because');
  assert.is(telemetry.spans[0]!.elapsedMs, 3);
  assert.is(telemetry.spans[0]!.error, 'because');
});

test('metrics add up by name and labels, in any order of labels', () => {
  const register = new MetricRegister();
  register.count('calls', 1, { a: '1', b: '2' });
  register.count('calls', 2, { b: '2', a: '1' });
  register.count('calls', 5, { a: '2' });
  register.gauge('depth', 4);
  register.gauge('depth', 3);
  for (const ms of [0.05, 1, 7, 90_000]) register.time('ms', ms);
  const [calls, other, depth, durations] = register.samples();
  assert.equal([calls?.value, other?.value, depth?.value], [3, 5, 3]);
  assert.equal(durations?.value, {
    count: 4,
    sumMs: 90_008.05,
    maxMs: 90_000,
    buckets: [1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3],
  });
});

test('an open set of labels cannot fill the memory', () => {
  const register = new MetricRegister();
  for (let n = 0; n < 2_500; n++) register.count('by-id', 1, { id: String(n) });
  assert.is(register.samples().length, 2_000);
  assert.is(register.refusedCount, 500);
});
