import fc from 'fast-check';
import { loadSettings } from '../../../../config/loader.ts';
import { SimClock } from '../../../../runtime/kernel/index.ts';
import { assertFails } from '../../../../test/conformance/fixture.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { advance } from '../../../../test/sim-time.ts';
import { identityOf } from '../credentials/identity.ts';
import { CreditBook } from './credit-book.ts';
import { RequestLimits } from './request-limits.ts';
import { TenantRate } from './tenant-rate.ts';
import { WindowCounter } from './window-counter.ts';

const test = suite('limits', { limitMs: 20_000 });
const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 300 });

test('a window never takes more than its limit, and any stretch of its length at most twice as much', () => {
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 20 }), (steps, limit) => {
      const counter = new WindowCounter(10);
      const admitted: number[] = [];
      let nowMs = 0;
      let startMs = 0;
      let inWindow = 0;
      for (const gap of steps) {
        nowMs += gap;
        if (nowMs - startMs >= 1_000 || admitted.length === 0) [startMs, inWindow] = [nowMs, 0];
        const status = counter.take('k', { limit, windowMs: 1_000 }, nowMs);
        assert.is(status !== undefined, inWindow < limit);
        if (!status) continue;
        inWindow += 1;
        admitted.push(nowMs);
        assert.is(status.remaining, limit - inWindow);
      }
      for (const from of admitted) {
        const near = admitted.filter((at) => at >= from && at < from + 1_000).length;
        assert.ok(near <= limit * 2);
      }
    }),
  );
});

test('keys do not count against each other, and only the oldest windows are forgotten', () => {
  const counter = new WindowCounter(3);
  const rule = { limit: 1, windowMs: 1_000 };
  for (const key of ['a', 'b', 'c']) assert.ok(counter.take(key, rule, 0));
  for (const key of ['a', 'b', 'c']) assert.not.ok(counter.take(key, rule, 1));
  assert.ok(counter.take('d', rule, 2));
  assert.is(counter.size, 3);
  assert.not.ok(counter.take('c', rule, 3));
  assert.not.ok(counter.take('d', rule, 3));
});

test('a tenant submits at most its burst and its rate', () => {
  fc.assert(
    fc.property(
      gaps,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (steps, rate, burst) => {
        const limiter = new TenantRate({ perSecond: rate, burstCount: burst });
        const admitted: number[] = [];
        let nowMs = 0;
        for (const gap of steps) {
          nowMs += gap;
          const waitMs = limiter.take('t', nowMs);
          if (waitMs === 0) admitted.push(nowMs);
          else assert.is(limiter.take('t', nowMs), waitMs, 'a refusal costs nothing');
        }
        admitted.forEach((from, first) =>
          admitted.slice(first).forEach((to, more) => {
            assert.ok(more + 1 <= burst + ((to - from) * rate) / 1_000 + 1e-6);
          }),
        );
      },
    ),
  );
});

test('the wait that a refused tenant is told is enough', () => {
  const limiter = new TenantRate({ perSecond: 3, burstCount: 2 });
  assert.equal([limiter.take('t', 0), limiter.take('t', 0)], [0, 0]);
  const waitMs = limiter.take('t', 0);
  assert.ok(limiter.take('t', waitMs - 1) > 0);
  assert.is(limiter.take('t', waitMs + 1e-6), 0);
  assert.is(limiter.take('other', 0), 0);
});

function limitsOf(admission: object): { limits: RequestLimits; clock: SimClock } {
  const clock = new SimClock();
  const { settings } = loadSettings({ code: { admission } });
  return { limits: new RequestLimits(settings.admission, clock), clock };
}

test('an address has 1,000 requests in 5 minutes by default, and is then blocked until they are over', async () => {
  const { limits, clock } = limitsOf({});
  const credentials = { door: 'http', remoteAddress: '203.0.113.1' } as const;
  for (let at = 0; at < 1_000; at += 1) limits.takeAddress(credentials);
  const error = await assertFails(() => limits.takeAddress(credentials), 'rate_limited');
  assert.is(error.details.retryAfterMs, 300_000);
  limits.takeAddress({ door: 'http', remoteAddress: '203.0.113.2' });
  await advance(clock, 300_000);
  limits.takeAddress(credentials);
});

test('a whole /64 of IPv6 counts as one address; this machine does not count unless it is told to', async () => {
  const { limits } = limitsOf({ ipRequestMaxCount: 2 });
  limits.takeAddress({ door: 'http', remoteAddress: '2001:db8::1' });
  limits.takeAddress({ door: 'http', remoteAddress: '2001:db8::2:3:4' });
  await assertFails(
    () => limits.takeAddress({ door: 'http', remoteAddress: '2001:db8::ffff' }),
    'rate_limited',
  );
  limits.takeAddress({ door: 'http', remoteAddress: '2001:db8:0:1::1' });
  for (let at = 0; at < 5; at += 1) limits.takeAddress({ door: 'http', remoteAddress: '127.0.0.1' });
  const strict = limitsOf({ ipRequestMaxCount: 1, limitLoopback: true }).limits;
  strict.takeAddress({ door: 'http', remoteAddress: '127.0.0.1' });
  await assertFails(() => strict.takeAddress({ door: 'http', remoteAddress: '127.0.0.1' }), 'rate_limited');
});

test('a key has 100 requests a minute, and fewer for an operation that has a limit of its own', async () => {
  const { limits } = limitsOf({ operationMaxCounts: { 'decision.list': 3 } });
  const identity = identityOf('api-key', { id: 'key:a', tenant: 't', scopes: [] });
  const other = identityOf('api-key', { id: 'key:b', tenant: 't', scopes: [] });
  for (let at = 0; at < 3; at += 1) {
    const status = await limits.takeCaller(identity, 'decision.list');
    assert.equal([status.limit, status.remaining], [3, 2 - at]);
  }
  await assertFails(() => limits.takeCaller(identity, 'decision.list'), 'rate_limited');
  for (let at = 4; at < 100; at += 1) await limits.takeCaller(identity, 'decision.read');
  await assertFails(() => limits.takeCaller(identity, 'decision.read'), 'rate_limited');
  assert.is((await limits.takeCaller(other, 'decision.read')).remaining, 99);
});

const TIERS = {
  tierCredits: { free: 100, enterprise: 0 },
  tenantTiers: { small: 'free' },
  defaultTier: 'enterprise',
  creditPeriodDays: 30,
};

test('a tier has its credits in a period and no more; one without a number is not metered', async () => {
  const book = new CreditBook(TIERS);
  for (let at = 0; at < 100; at += 1) {
    book.check('small', 1, 0);
    book.use('small', 1, 0);
  }
  await assertFails(() => book.check('small', 1, 0), 'quota_exceeded');
  book.use('small', -1, 0);
  book.check('small', 1, 0);
  await assertFails(() => book.check('small', 2, 0), 'quota_exceeded');
  book.use('large', 1_000_000, 0);
  book.check('large', 1, 0);
  book.check('small', 100, 30 * 86_400_000);
});

test('what other nodes used counts, and what could not be stored is stored later', async () => {
  const book = new CreditBook(TIERS);
  book.use('small', 10, 0);
  const [unstored] = book.takeUnstored();
  assert.equal(unstored, { tenant: 'small', period: 0, count: 10 });
  book.stored(unstored!, 95);
  book.check('small', 5, 0);
  await assertFails(() => book.check('small', 6, 0), 'quota_exceeded');
  book.use('small', 2, 0);
  const [again] = book.takeUnstored();
  book.putBack(again!);
  assert.equal(book.takeUnstored(), [{ tenant: 'small', period: 0, count: 2 }]);
  assert.equal(book.takeUnstored(), []);
});
