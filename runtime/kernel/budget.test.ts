import { WitanError } from '../../contracts/errors.ts';
import { assert, suite } from '../../test/harness.ts';
import { advance } from '../../test/sim-time.ts';
import { createBudget } from './budget.ts';
import { SimClock } from './sim/sim-clock.ts';

const test = suite('budget');

test('remaining time falls with the clock and never below zero', async () => {
  const clock = new SimClock();
  const budget = createBudget(clock, 100);
  await advance(clock, 30);
  assert.is(budget.remainingMs(), 70);
  await advance(clock, 100);
  assert.is(budget.remainingMs(), 0);
});

test('the signal aborts at expiry with deadline_exceeded, and not before', async () => {
  const clock = new SimClock();
  const { signal } = createBudget(clock, 100);
  await advance(clock, 99.5);
  assert.not(signal.aborted);
  await advance(clock, 0.5);
  assert.ok(signal.reason instanceof WitanError);
  assert.is((signal.reason as WitanError).code, 'deadline_exceeded');
  assert.is(clock.pendingCount(), 0);
});

test('an abort of the parent signal ends budget and slices with the same reason and frees the timers', () => {
  const clock = new SimClock();
  const parent = new AbortController();
  const budget = createBudget(clock, 100, parent.signal);
  const slice = budget.slice(50);
  assert.not(budget.signal.aborted);
  assert.not(slice.signal.aborted);
  assert.is(clock.pendingCount(), 2);
  const reason = new WitanError('cancelled', 'no longer wanted');
  parent.abort(reason);
  assert.is(budget.signal.reason, reason);
  assert.is(slice.signal.reason, reason);
  assert.is(clock.pendingCount(), 0);
});

test('a budget whose parent is already aborted is born aborted', () => {
  const reason = new WitanError('cancelled', 'before it began');
  assert.is(createBudget(new SimClock(), 100, AbortSignal.abort(reason)).signal.reason, reason);
});

test('a slice is at most its share and never more than what remains less the reserve', async () => {
  const clock = new SimClock();
  const budget = createBudget(clock, 100);
  assert.is(budget.slice(20).remainingMs(), 20);
  assert.is(budget.slice(500).remainingMs(), 100);
  assert.is(budget.slice(500, 30).remainingMs(), 70);
  assert.is(budget.slice(10, 300).remainingMs(), 0);
  await advance(clock, 60);
  assert.is(budget.slice(500, 30).remainingMs(), 10);
  assert.is(budget.slice(50).slice(50).remainingMs(), 40);
});

test('a slice without time is expired at once', () => {
  const slice = createBudget(new SimClock(), 100).slice(10, 100);
  assert.is((slice.signal.reason as WitanError).code, 'deadline_exceeded');
});

test('no timer before the signal is read; release frees budget and slices, idempotent', async () => {
  const clock = new SimClock();
  const budget = createBudget(clock, 100);
  const slice = budget.slice(50);
  assert.is(clock.pendingCount(), 0);
  void budget.signal;
  void slice.signal;
  void slice.slice(10).signal;
  assert.is(clock.pendingCount(), 3);
  budget.release();
  budget.release();
  assert.is(clock.pendingCount(), 0);
  assert.not(budget.slice(5).signal.aborted);
  assert.is(clock.pendingCount(), 0);
  await advance(clock, 200);
  assert.not(budget.signal.aborted);
});

test('releasing a slice leaves its parent armed', () => {
  const clock = new SimClock();
  const budget = createBudget(clock, 100);
  void budget.signal;
  const slice = budget.slice(50);
  void slice.signal;
  slice.release();
  assert.is(clock.pendingCount(), 1);
});

test('negative time is none, NaN is a programmer’s error, no limit never expires', async () => {
  const clock = new SimClock();
  assert.ok(createBudget(clock, -5).signal.aborted);
  assert.throws(
    () => createBudget(clock, Number.NaN),
    (error: unknown) => error instanceof TypeError,
  );
  const { signal } = createBudget(clock, Infinity);
  await advance(clock, 2 ** 32);
  assert.not(signal.aborted);
});

test('whoever waits is told why it ended, once, and a waiter costs no signal', async () => {
  const clock = new SimClock();
  const parent = new AbortController();
  const budget = createBudget(clock, 100, parent.signal);
  const told: string[] = [];
  const hear = (name: string) => (reason: unknown) =>
    void told.push(`${name} ${(reason as WitanError).code}`);
  budget.slice(50).onEnd(hear('slice'));
  budget.onEnd(hear('unheard'))();
  budget.onEnd(hear('whole'));
  await advance(clock, 60);
  assert.equal(told, ['slice deadline_exceeded']);
  parent.abort(new WitanError('cancelled', 'no longer wanted'));
  assert.equal(told, ['slice deadline_exceeded', 'whole cancelled']);
  assert.is(clock.pendingCount(), 0);
  budget.onEnd(hear('late'));
  assert.is(told.at(-1), 'late cancelled');
});

test('a released budget tells nobody and keeps no timer', async () => {
  const clock = new SimClock();
  const budget = createBudget(clock, 100);
  let told = 0;
  budget.onEnd(() => (told += 1));
  budget.release();
  assert.is(clock.pendingCount(), 0);
  await advance(clock, 200);
  assert.is(told, 0);
});
