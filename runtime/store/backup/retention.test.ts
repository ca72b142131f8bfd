import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { retainedPoints } from './retention.ts';
import type { RetainedPoint } from './retention.ts';

const test = suite('backup retention');
const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');
const RULES = { windowDays: 35, dailyDays: 30, weeklyDays: 90, monthlyMonths: 12, yearlyYears: 7 };

const at = (ageDays: number, kind: RetainedPoint['kind'] = 'increment'): RetainedPoint => ({
  atWallMs: NOW - ageDays * DAY_MS,
  kind,
});

test('every increment of 35 days, then weeks to 90 days, months to a year, years to seven', () => {
  const points = Array.from({ length: 8 * 366 * 4 }, (_, n) => at(n / 4));
  const { kept } = retainedPoints(points, NOW, RULES);
  const count = (reason: string): number => kept.filter((one) => one.reason === reason).length;
  assert.is(count('newest'), 1);
  assert.is(count('window'), 35 * 4);
  assert.is(count('daily'), 0);
  assert.ok(count('weekly') >= 7 && count('weekly') <= 9, `${count('weekly')} weeks`);
  assert.ok(count('monthly') >= 9 && count('monthly') <= 12, `${count('monthly')} months`);
  assert.ok(count('yearly') >= 6 && count('yearly') <= 7, `${count('yearly')} years`);
  const oldest = Math.min(...kept.map(({ point }) => point.atWallMs));
  assert.ok(oldest >= Date.parse('2019-11-21T12:00:00Z'));
});

test('without the window one point a day stays for 30 days, and it is the last of its day', () => {
  const points = Array.from({ length: 40 * 4 }, (_, n) => at(n / 4));
  const { kept } = retainedPoints(points, NOW, { ...RULES, windowDays: 0 });
  const daily = kept.filter((one) => one.reason === 'daily').map(({ point }) => point.atWallMs);
  assert.is(daily.length, 30);
  for (const one of daily.slice(0, -1)) assert.is(new Date(one).toISOString().slice(11, 19), '18:00:00');
});

test('points made on purpose and the newest one stay, however old', () => {
  const { kept, dropped } = retainedPoints([at(4_000, 'manual'), at(3_900)], NOW, RULES);
  assert.equal(
    kept.map(({ reason }) => reason),
    ['newest', 'manual'],
  );
  assert.is(dropped.length, 0);
  assert.is(retainedPoints([at(1), at(3_900)], NOW, RULES).dropped.length, 1);
});

test('no point is lost or doubled, and what is kept today would not have been dropped yesterday', () => {
  const age = fc.double({ min: -2, max: 3_000, noNaN: true });
  fc.assert(
    fc.property(fc.uniqueArray(age, { maxLength: 200 }), (ages) => {
      const points = ages.map((days) => at(days));
      const { kept, dropped } = retainedPoints(points, NOW, RULES);
      assert.is(kept.length + dropped.length, points.length);
      // Dropping in steps, day by day, leaves at least one point in each of the last 30 days that had one.
      const days = new Set(points.filter((p) => p.atWallMs > NOW - 29 * DAY_MS).map((p) => p.atWallMs));
      for (const { point } of kept) days.delete(point.atWallMs);
      assert.is(days.size, 0);
    }),
  );
});
