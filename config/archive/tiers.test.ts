import { assert, suite } from '../../test/harness.ts';
import { archiveCost, lifeCost } from './cost.ts';
import { lifecycleDocument, retainUntil } from './lifecycle.ts';
import { CATALOGUE_TIERS, EXPIRE_AFTER_DAYS, nearestValid, S3_TIERS, tierAt, tierFaults } from './tiers.ts';

const test = suite('archive tiers');

test('the catalogue asks S3 for what it refuses; the exported tiers do not', () => {
  assert.equal(
    tierFaults(CATALOGUE_TIERS, EXPIRE_AFTER_DAYS).map(({ tier, reason }) => `${tier}: ${reason}`),
    ['warm: STANDARD_IA takes objects from day 30 on, not from day 7'],
  );
  assert.equal(tierFaults(S3_TIERS, EXPIRE_AFTER_DAYS), []);
  assert.equal(
    S3_TIERS.map(({ fromDay }) => fromDay),
    [0, 30, 90, 365],
  );
});

test('a move that would be charged for an unfinished stay is named, and put off', () => {
  const hasty = CATALOGUE_TIERS.map((tier) => (tier.name === 'archive' ? { ...tier, fromDay: 100 } : tier));
  const { reason } = tierFaults(nearestValid(hasty).slice(0, 3), 120)[0]!;
  assert.is(reason, 'GLACIER_IR charges for 90 days, and objects stay 30');
  assert.is(nearestValid(hasty).at(-1)!.fromDay, 180);
});

test('the lifecycle has the four rules, one prefix, and days that S3 takes', () => {
  const { Rules } = lifecycleDocument('archive/');
  assert.equal(
    Rules.map(({ ID, Transitions, Expiration }) => [ID, Transitions?.[0]?.Days ?? Expiration?.Days]),
    [
      ['TransitionToWarmTier', 30],
      ['TransitionToColdTier', 90],
      ['TransitionToArchive', 365],
      ['ExpireAfter7Years', 2_555],
    ],
  );
  assert.ok(Rules.every(({ Filter, Status }) => Filter.Prefix === 'archive/' && Status === 'Enabled'));
});

test('a lock lasts calendar years: longer than 2,555 days', () => {
  const from = Date.parse('2026-11-21T00:00:00Z');
  const until = retainUntil(from, 7);
  assert.is(new Date(until).toISOString(), '2033-11-21T00:00:00.000Z');
  assert.is((until - from) / 86_400_000, 2_557);
  assert.is(
    new Date(retainUntil(Date.parse('2028-02-29T12:00:00Z'), 1)).toISOString(),
    '2029-03-01T12:00:00.000Z',
  );
});

test('cost: each object in the tier of its age, small ones at the least size of their class', () => {
  assert.is(tierAt(29).name, 'hot');
  assert.is(tierAt(30).name, 'warm');
  assert.is(tierAt(9_999).name, 'archive');
  const gb = 1_073_741_824;
  const [hot, warm, cold, archive] = archiveCost([
    { sizeBytes: gb, ageDays: 0 },
    { sizeBytes: 1_000, ageDays: 40 },
    { sizeBytes: 2 * gb, ageDays: 100 },
    { sizeBytes: 10 * gb, ageDays: 400 },
  ]);
  assert.is(hot!.dollarsPerMonth, 0.023);
  assert.is(warm!.billedBytes, 131_072);
  assert.is(cold!.dollarsPerMonth, 0.008);
  assert.ok(Math.abs(archive!.dollarsPerMonth - 0.0099) < 1e-9);
  // Waiting until day 30 for the warm tier costs 23 days of the difference in price.
  const dearer = lifeCost(S3_TIERS, EXPIRE_AFTER_DAYS) - lifeCost(CATALOGUE_TIERS, EXPIRE_AFTER_DAYS);
  assert.ok(Math.abs(dearer - (23 / 30) * 0.0105) < 1e-9);
});
