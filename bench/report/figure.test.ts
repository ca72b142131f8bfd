import { assert, suite } from '../../test/harness.ts';
import { median, percentile, short } from './figure.ts';

const test = suite('bench: figures');

test('median and percentile by nearest rank', () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1, 2, 3]), 2.5);
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  assert.equal([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1)], [50, 99, 100]);
  assert.is(percentile([7], 0), 7);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test('three digits, with k and M', () => {
  assert.equal([31_400_000, 12_340, 9_999, 247.3, 12.34, 0.256, 0.0123, 0].map(short), [
    '31.4 M',
    '12.3 k',
    '9999',
    '247',
    '12.3',
    '0.26',
    '0.012',
    '0',
  ]);
});
