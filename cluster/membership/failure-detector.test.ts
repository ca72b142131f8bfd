import fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { declarerDelayMs, FailureDetector } from './failure-detector.ts';

const test = suite('failure detector');
const TIMES = { beatMs: 500, leaseMs: 2_000 };

test('a key unchanged for a full lease of own renewals is a suspect, at the revision that was seen', () => {
  const detector = new FailureDetector(TIMES);
  detector.renewed(0);
  detector.seen('x', 5, 100);
  const found = [500, 1_000, 1_500, 2_000, 2_500].map((atMs) => detector.renewed(atMs));
  assert.equal(found, [[], [], [], [], [{ key: 'x', revision: 5 }]]);
  detector.seen('x', 6, 2_600);
  assert.equal(detector.renewed(3_000), []);
  detector.seen('x', 6, 3_100);
  assert.equal(detector.renewed(3_500), []);
  assert.is(detector.countedMs('x'), 900);
});

test('a store that was away counts for next to nothing, and after a full lease of it all begins anew', () => {
  const detector = new FailureDetector(TIMES);
  detector.seen('x', 5, 0);
  detector.renewed(0);
  assert.equal(detector.renewed(1_900), []);
  assert.is(detector.countedMs('x'), 750);
  assert.equal(detector.renewed(9_900), []);
  assert.is(detector.countedMs('x'), 0);
});

test('without own renewals nobody is ever a suspect', () => {
  const detector = new FailureDetector(TIMES);
  detector.seen('x', 5, 0);
  assert.equal(detector.renewed(100_000), []);
});

test('counted time is never more than the time itself', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4_000 }), fc.boolean()), { maxLength: 40 }),
      (steps) => {
        const detector = new FailureDetector(TIMES);
        let nowMs = 0;
        let revision = 1;
        let seenMs = 0;
        detector.seen('x', revision, 0);
        for (const [stepMs, isSeen] of steps) {
          nowMs += stepMs;
          if (isSeen) {
            detector.seen('x', (revision += 1), nowMs);
            seenMs = nowMs;
          } else detector.renewed(nowMs);
          assert.ok(detector.countedMs('x') <= nowMs - seenMs);
        }
      },
    ),
  );
});

test('three go first, six a beat later, the rest after two', () => {
  const keys = Array.from({ length: 20 }, (_, n) => `members.n${String(n).padStart(2, '0')}`);
  const delays = keys
    .filter((key) => key !== keys[18])
    .map((self) => declarerDelayMs(keys[18]!, { self, keys, beatMs: 500 }));
  assert.equal(
    [0, 500, 1_000].map((delayMs) => delays.filter((one) => one === delayMs).length),
    [3, 6, 10],
  );
  assert.is(declarerDelayMs(keys[18]!, { self: keys[0]!, keys, beatMs: 500 }), 0);
});
