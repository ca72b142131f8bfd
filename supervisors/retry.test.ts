import { WitanError } from '../contracts/errors.ts';
import type { ErrorDetails } from '../contracts/errors.ts';
import { createBudget } from '../runtime/kernel/budget.ts';
import { SeededRandom } from '../runtime/kernel/sim/seeded-random.ts';
import { SimClock } from '../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../test/harness.ts';
import { advance, settle } from '../test/sim-time.ts';
import { retry } from './retry.ts';
import type { RetryOptions } from './retry.ts';

const test = suite('retry');
const down = (details: ErrorDetails = {}): WitanError => new WitanError('unavailable', 'down', details);

function attempt(
  failures: unknown[],
  more: Partial<RetryOptions> & { budgetMs?: number; signal?: AbortSignal } = {},
) {
  const { budgetMs = 60_000, signal, ...options } = more;
  const clock = new SimClock();
  const budget = createBudget(clock, budgetMs, signal);
  const at: number[] = [];
  const outcome: { value?: string; error?: WitanError } = {};
  const work = (): string => {
    at.push(clock.monotonicMs());
    if (failures.length > 0) throw failures.shift();
    return 'done';
  };
  const jitterless = { backoff: { jitter: 0 }, isIdempotent: true, random: new SeededRandom(1) };
  void retry(work, { clock, budget, ...jitterless, ...options }).then(
    (value) => (outcome.value = value),
    (error: WitanError) => (outcome.error = error),
  );
  return { clock, at, outcome };
}

test('tries again after doubling delays until it succeeds', async () => {
  const { clock, at, outcome } = attempt([down(), down(), down()], { maxAttempts: 5 });
  await advance(clock, 10_000);
  assert.equal(at, [0, 100, 300, 700]);
  assert.is(outcome.value, 'done');
});

test('gives up after the last attempt with the last error', async () => {
  const last = down();
  const { clock, at, outcome } = attempt([down(), down(), last, down()]);
  await advance(clock, 10_000);
  assert.is(at.length, 3);
  assert.is(outcome.error, last);
});

test('what is not idempotent or not retryable is tried once', async () => {
  const once = attempt([down()], { isIdempotent: false });
  const refused = attempt([new WitanError('invalid_argument', 'bad')]);
  const defect = attempt([new TypeError('a defect')]);
  await settle();
  assert.is(once.outcome.error?.code, 'unavailable');
  assert.is(refused.outcome.error?.code, 'invalid_argument');
  assert.is(defect.outcome.error?.code, 'internal');
  assert.equal([once.at.length, refused.at.length, defect.at.length], [1, 1, 1]);
});

test('retryAfterMs of the error is waited for', async () => {
  const { clock, at } = attempt([down({ retryAfterMs: 1_500 })]);
  await advance(clock, 10_000);
  assert.equal(at, [0, 1_500]);
});

test('a wait that the budget does not reach is not begun', async () => {
  const { clock, at, outcome } = attempt([down({ retryAfterMs: 900 })], { budgetMs: 900 });
  await settle();
  assert.is(outcome.error?.code, 'unavailable');
  assert.equal(at, [0]);
  assert.is(clock.monotonicMs(), 0);
});

test('an abort ends the wait with its reason and leaves no timer', async () => {
  const abort = new AbortController();
  const { clock, at, outcome } = attempt([down({ retryAfterMs: 1_000 })], { signal: abort.signal });
  await advance(clock, 10);
  abort.abort();
  await settle();
  assert.is(outcome.error?.code, 'cancelled');
  assert.equal(at, [0]);
  assert.is(clock.pendingCount(), 0);
});

test('with an ended budget nothing is tried', async () => {
  const { at, outcome } = attempt([], { budgetMs: 0 });
  await settle();
  assert.is(outcome.error?.code, 'deadline_exceeded');
  assert.is(at.length, 0);
});

test('jitter only shortens, by at most its share', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const options = { backoff: { jitter: 0.5 }, random: new SeededRandom(seed) };
    const { clock, at } = attempt([down()], options);
    await advance(clock, 200);
    assert.ok(at[1]! >= 50 && at[1]! <= 100, String(at[1]));
  }
});
