import fc from 'fast-check';
import { assert, suite } from '../../../../test/harness.ts';
import { AdmissionLimit } from './admission-limit.ts';

const test = suite('admission limit');
const bounds = { maxCount: 256, targetMs: 5 };

/** Observes `count` equal probes and gives the limit after them. */
function after(
  limit: AdmissionLimit,
  count: number,
  { waitMs, openCount }: { waitMs: number; openCount: number },
) {
  for (let probe = 0; probe < count; probe += 1) limit.observe(waitMs, openCount);
  return limit.count;
}

test('prompt turns and a limit that is used up raise it to its maximum', () => {
  const limit = new AdmissionLimit(bounds);
  assert.is(limit.count, 32);
  assert.is(after(limit, 1_000, { waitMs: 1, openCount: 256 }), 256);
});

test('a limit that is not used up stays where it is, however prompt the turns', () => {
  const limit = new AdmissionLimit(bounds);
  assert.is(after(limit, 1_000, { waitMs: 0, openCount: 31 }), 32);
});

test('waits cut it, down to what keeps the processor busy', () => {
  const limit = new AdmissionLimit(bounds);
  assert.is(after(limit, 10, { waitMs: 6, openCount: 32 }), 25);
  assert.is(after(limit, 1_000, { waitMs: 6, openCount: 32 }), 8);
  assert.is(new AdmissionLimit({ ...bounds, maxCount: 3 }).count, 3);
  assert.is(after(new AdmissionLimit({ ...bounds, maxCount: 3 }), 100, { waitMs: 50, openCount: 3 }), 3);
});

test('one long pause is no overload', () => {
  const limit = new AdmissionLimit(bounds);
  limit.observe(500, 10);
  after(limit, 9, { waitMs: 2, openCount: 10 });
  assert.is(limit.count, 32, 'nine prompt turns beside it');
});

test('without a target the limit is fixed', () => {
  const limit = new AdmissionLimit({ maxCount: 256, targetMs: 0 });
  assert.is(after(limit, 100, { waitMs: 1_000, openCount: 256 }), 256);
});

test('property: whatever is observed, the limit stays within its bounds', () => {
  const probe = fc.tuple(fc.double({ min: -1, max: 1e6, noNaN: true }), fc.nat(1_000));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.array(probe, { maxLength: 300 }), (maxCount, probes) => {
      const limit = new AdmissionLimit({ maxCount, targetMs: 5 });
      for (const [waitMs, openCount] of probes) {
        limit.observe(waitMs, openCount);
        assert.ok(limit.count >= Math.min(8, maxCount) && limit.count <= maxCount);
      }
    }),
  );
});
