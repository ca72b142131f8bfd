import { assert, suite } from '../../test/harness.ts';
import { aucOf, eceOf, quantileOf } from './figures.ts';
import { fitDense, fitSparse } from './logistic.ts';
import { expand, numbersFrom } from './material/expand.ts';

const test = suite('training');

test('dense: a separable line is found and a forbidden sign is not', () => {
  const next = numbersFrom(3);
  const rows: number[][] = [];
  const labels: number[] = [];
  for (let at = 0; at < 2_000; at += 1) {
    const label = at % 2;
    const signal = label * 2 - 1 + (next() - 0.5) * 3;
    rows.push([signal, -signal + next(), 1]);
    labels.push(label);
  }
  const weights = fitDense(rows, labels, { l2: 1e-3, signs: [1, 1, 0] });
  assert.ok(weights[0]! > 0.5);
  assert.is(weights[1], 0);
});

test('sparse: the same rows give the same weights, and the bucket of harm weighs', () => {
  const rows = {
    offsets: Int32Array.from({ length: 101 }, (_, at) => 2 * at),
    middles: Int32Array.from({ length: 100 }, (_, at) => 2 * at + 1),
    buckets: Int32Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? Math.floor(at / 2) % 2 : 2)),
    labels: Uint8Array.from({ length: 100 }, (_, at) => at % 2),
    weights: new Float64Array(100).fill(1),
  };
  const options = { width: 4, l2: 1e-6, rounds: 5, rate: 0.5, floor: 1 };
  const first = fitSparse(rows, options);
  assert.equal(fitSparse(rows, options), first);
  assert.ok(first.weights[1]! > 0 && first.weights[0]! < 0);
});

test('figures agree with values worked out by hand', () => {
  assert.is(aucOf([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
  assert.is(aucOf([1, 1], [0, 1]), 0.5);
  assert.is(eceOf([0.9, 0.9], [1, 1]).toFixed(3), '0.100');
  assert.is(quantileOf([1, 2, 3, 4], 0.5), 3);
});

test('templates expand to the same different sentences each time', () => {
  const texts = expand(['[a|b] {x}', 'c {x}'], { x: ['1', '2', '3'] }, 8, 5);
  assert.equal(texts, expand(['[a|b] {x}', 'c {x}'], { x: ['1', '2', '3'] }, 8, 5));
  assert.is(new Set(texts).size, texts.length);
  assert.not.ok(texts.some((text) => /[[{|]/.test(text)));
});
