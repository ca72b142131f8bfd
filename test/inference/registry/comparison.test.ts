/** Distance of two rows: what is no number, or has another form, is never near. */
import fc from 'fast-check';
import {
  addComparison,
  largestBetween,
  NOTHING_COMPARED,
} from '../../../agents/inference/registry/choice/comparison.ts';
import { assert, suite } from '../../harness.ts';

const test = suite('models: comparison');
const row = (...values: number[]): Float32Array => Float32Array.from(values);

test('a row with what is no number is infinitely far, wherever it stands', () => {
  for (const bad of [row(Number.NaN, 0.1), row(0.1, Number.NaN), row(Number.NaN, 9)])
    assert.is(largestBetween(bad, row(0.1, 0.1)), Infinity);
  assert.is(largestBetween(row(1), row(1, 2)), Infinity);
  assert.is(largestBetween(row(), row()), 0);
});

test('the distance is that of the two numbers furthest apart, from either side', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.float({ noNaN: true, min: -9, max: 9 }), fc.float({ noNaN: true, min: -9, max: 9 })),
      ),
      (pairs) => {
        const [left, right] = [row(...pairs.map(([a]) => a)), row(...pairs.map(([, b]) => b))];
        const expected = pairs.reduce((most, [a, b]) => Math.max(most, Math.abs(a - b)), 0);
        assert.is(largestBetween(left, right), expected);
        assert.is(largestBetween(right, left), expected);
      },
    ),
  ));

test('sums: texts, distances, and those that fall on the other side of one half', () => {
  const once = addComparison(NOTHING_COMPARED, [row(0.5), row(0.25)], [row(0.25), row(0.25)]);
  assert.equal(
    [once.textCount, once.differenceSum, once.largestDifference, once.flipCount],
    [2, 0.25, 0.25, 1],
  );
  const twice = addComparison(once, [row(1, 1)], [row(0, 0)]);
  assert.equal([twice.textCount, twice.largestDifference, twice.flipCount], [3, 1, 1]);
});
