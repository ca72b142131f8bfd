import { SimClock } from '../../../../runtime/kernel/index.ts';
import { advance } from '../../../../test/sim-time.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { AttemptLimit } from './attempt-limit.ts';

const test = suite('attempt-limit');
const RULE = { maxCount: 5, windowMs: 300_000, lockMs: 900_000 };
const isLocked = (limit: AttemptLimit, name: string): boolean => {
  try {
    limit.take(name);
    return false;
  } catch {
    return true;
  }
};

test('five attempts in five minutes, then nothing for fifteen', async () => {
  const clock = new SimClock();
  const limit = new AttemptLimit(RULE, clock);
  assert.equal(
    Array.from({ length: 6 }, () => isLocked(limit, 'a')),
    [false, false, false, false, false, true],
  );
  assert.is(isLocked(limit, 'b'), false);
  await advance(clock, 899_999);
  assert.is(isLocked(limit, 'a'), true);
  await advance(clock, 1);
  assert.is(isLocked(limit, 'a'), false);
});

test('attempts of an earlier window and those before a right one are forgotten', async () => {
  const clock = new SimClock();
  const limit = new AttemptLimit(RULE, clock);
  for (let count = 0; count < 5; count += 1) limit.take('a');
  await advance(clock, 300_000);
  for (let count = 0; count < 5; count += 1) limit.take('a');
  limit.clear('a');
  assert.is(isLocked(limit, 'a'), false);
});

test('a flood of names unlocks nobody', () => {
  const limit = new AttemptLimit(RULE, new SimClock());
  for (let count = 0; count < 6; count += 1) isLocked(limit, 'a');
  for (let name = 0; name < 25_000; name += 1) isLocked(limit, String(name));
  assert.is(isLocked(limit, 'a'), true);
});
