import { WitanError } from '../../contracts/errors.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../../test/harness.ts';
import { within, WithinBudget } from './within-budget.ts';

const test = suite('within a budget');

/** A budget that counts its listeners. */
function counted(): Pick<Budget, 'onEnd'> & { abort(): void; count: () => number; most: () => number } {
  const listeners = new Set<(reason: unknown) => void>();
  let most = 0;
  const onEnd = (listener: (reason: unknown) => void): (() => void) => {
    listeners.add(listener);
    most = Math.max(most, listeners.size);
    return () => void listeners.delete(listener);
  };
  const abort = (): void => {
    for (const listener of listeners) listener(new WitanError('deadline_exceeded', 'over'));
    listeners.clear();
  };
  return { onEnd, abort, count: () => listeners.size, most: () => most };
}

test('many wait with one listener, and none is left behind', async () => {
  const budget = counted();
  const gate = new WithinBudget(budget);
  const waits = Array.from({ length: 40 }, (_, at) => gate.wait(Promise.resolve(at)));
  assert.is(budget.count(), 1);
  assert.is((await Promise.all(waits)).length, 40);
  assert.is(budget.count(), 0);
  assert.is(await gate.wait(Promise.resolve('later')), 'later');
  assert.is(budget.most(), 1);
});

test('the end of the budget rejects everybody who still waits', async () => {
  const budget = counted();
  const gate = new WithinBudget(budget);
  const done = gate.wait(Promise.resolve('done'));
  const never = [1, 2].map(() =>
    gate.wait(new Promise(() => undefined)).catch((error: WitanError) => error.code),
  );
  assert.is(await done, 'done');
  budget.abort();
  assert.equal(await Promise.all(never), ['deadline_exceeded', 'deadline_exceeded']);
  const late = gate.wait(Promise.resolve('late')).catch((error: WitanError) => error.code);
  assert.is(await late, 'deadline_exceeded');
  // Nobody hears it, and it ends no process.
  const dropped = gate.wait(Promise.reject(new Error('too late'))).catch((error: WitanError) => error.code);
  assert.is(await dropped, 'deadline_exceeded');
});

test('failed work fails as it did', async () => {
  const clock = new SimClock();
  const budget = createBudget(clock, 100);
  const failed = within(Promise.reject(new TypeError('a defect')), budget);
  assert.is(await failed.catch((error: Error) => error.message), 'a defect');
  budget.release();
});
