import fc from 'fast-check';
import { fingerprintDistance } from '../../../runtime/kernel/decision-index/fingerprint.ts';
import { assert, suite } from '../../../test/harness.ts';
import { NearFingerprints } from './near-fingerprints.ts';

const test = suite('orchestrator: near fingerprints');

test('property: after any additions and removals, the same answer as looking at each', () => {
  // Few digits, so that many share bands and are near.
  const nibble = fc.constantFrom('0', '1', '8', 'f');
  const hex = fc.array(nibble, { minLength: 16, maxLength: 16 }).map((digits) => digits.join(''));
  fc.assert(
    fc.property(
      fc.uniqueArray(hex, { maxLength: 60 }),
      fc.array(fc.nat(59)),
      hex,
      fc.integer({ min: 0, max: 7 }),
      (added, removals, asked, maxBitCount) => {
        const set = new NearFingerprints();
        for (const one of added) set.add(one);
        const removed = new Set(removals.flatMap((at) => added[at] ?? []));
        for (const one of removed) set.delete(one);
        const left = added.filter((one) => !removed.has(one));
        assert.is(set.size, left.length);
        const expected = left.filter((one) => fingerprintDistance(one, asked) <= maxBitCount);
        assert.equal([...set.near(asked, maxBitCount)].sort(), expected.sort());
      },
    ),
    { numRuns: 300 },
  );
});
