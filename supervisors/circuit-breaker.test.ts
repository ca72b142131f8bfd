import { WitanError } from '../contracts/errors.ts';
import { SimClock } from '../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../test/harness.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerOptions, CircuitState } from './circuit-breaker.ts';

const test = suite('circuit breaker');

function breaker(options: Partial<CircuitBreakerOptions> = {}) {
  const clock = new SimClock();
  const changes: CircuitState[] = [];
  const circuit = new CircuitBreaker({
    clock,
    name: 'part',
    minCalls: 4,
    onChange: (state) => changes.push(state),
    ...options,
  });
  const call = async (error?: unknown): Promise<string> => {
    try {
      return await circuit.run(() => {
        if (error) throw error;
        return 'ok';
      });
    } catch (thrown) {
      return (thrown as WitanError).code ?? 'thrown';
    }
  };
  return { clock, circuit, changes, call };
}

const down = new WitanError('unavailable', 'down');

test('stays closed below the rate and below the least number of calls', async () => {
  const { circuit, call } = breaker();
  for (const error of [down, down, down]) await call(error);
  assert.is(circuit.state, 'closed');
  for (let n = 0; n < 7; n++) await call();
  await call(down);
  assert.is(circuit.state, 'closed', '4 of 11');
});

test('opens at the failure rate and refuses without calling', async () => {
  const { clock, circuit, call } = breaker();
  for (const error of [undefined, undefined, down, down]) await call(error);
  assert.is(circuit.state, 'open');
  clock.advance(1_000);
  let wasCalled = false;
  const error = await circuit.run(() => (wasCalled = true)).catch((thrown: unknown) => thrown as WitanError);
  assert.not(wasCalled);
  assert.is((error as WitanError).code, 'circuit_open');
  assert.is((error as WitanError).details.retryAfterMs, 4_000);
  assert.ok((error as WitanError).retryable);
});

test('failures that left the window do not count', async () => {
  const { clock, circuit, call } = breaker();
  for (const error of [down, down, down]) await call(error);
  clock.advance(11_000);
  await call(down);
  assert.is(circuit.state, 'closed');
  for (const error of [down, down, down]) await call(error);
  assert.is(circuit.state, 'open');
});

test('faults of the caller are no failures of the part', async () => {
  const { circuit, call } = breaker();
  for (let n = 0; n < 20; n++)
    assert.is(await call(new WitanError('invalid_argument', 'bad')), 'invalid_argument');
  assert.is(circuit.state, 'closed');
  for (let n = 0; n < 4; n++) await call(new TypeError('not a WitanError'));
  assert.is(circuit.state, 'open');
});

test('half-open lets a few through, closes when they pass', async () => {
  const { clock, circuit, changes, call } = breaker();
  for (let n = 0; n < 4; n++) await call(down);
  clock.advance(5_000);
  assert.is(circuit.state, 'half-open');
  let finish = (): void => undefined;
  const first = circuit.run(() => new Promise<void>((done) => (finish = done)));
  const second = circuit.run(() => 'ok');
  assert.is(await call(), 'circuit_open', 'no third at once');
  await second;
  assert.is(circuit.state, 'half-open');
  finish();
  await first;
  assert.equal(changes, ['open', 'half-open', 'closed']);
  await call(down);
  assert.is(circuit.state, 'closed', 'old failures are forgotten');
});

test('a failed trial opens again, for twice as long, up to the limit', async () => {
  const { clock, circuit, call } = breaker({ maxOpenMs: 15_000 });
  for (let n = 0; n < 4; n++) await call(down);
  for (const openMs of [5_000, 10_000, 15_000, 15_000]) {
    clock.advance(openMs - 1);
    assert.is(await call(), 'circuit_open');
    clock.advance(1);
    assert.is(await call(down), 'unavailable');
    assert.is(circuit.state, 'open');
  }
});

test('a trial that says nothing of the part gives its place back', async () => {
  const { clock, circuit, call } = breaker({ trialCalls: 1 });
  for (let n = 0; n < 4; n++) await call(down);
  clock.advance(5_000);
  await call(new WitanError('invalid_argument', 'bad'));
  assert.is(circuit.state, 'half-open');
  assert.is(await call(), 'ok');
  assert.is(circuit.state, 'closed');
});

test('a call from before a change does not count after it', async () => {
  const { clock, circuit, call } = breaker({ trialCalls: 1 });
  let fail = (_error: Error): void => undefined;
  const old = circuit.run(() => new Promise((_, reject) => (fail = reject))).catch(() => 'old');
  for (let n = 0; n < 4; n++) await call(down);
  clock.advance(5_000);
  assert.is(await call(), 'ok');
  assert.is(circuit.state, 'closed');
  fail(down);
  await old;
  for (let n = 0; n < 3; n++) await call(down);
  assert.is(circuit.state, 'closed', 'three and not four failures');
});
