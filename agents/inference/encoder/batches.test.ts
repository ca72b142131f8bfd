/** Every text stands in one batch, the batches are small, and little of them is padding. */
import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { CPU_BATCH, paddedBatches } from './batches.ts';

const test = suite('batches of an encoder');

test('each text is one row of one batch, with its tokens and its mask', () => {
  const lists = fc.array(fc.array(fc.integer({ min: 0, max: 8000 }), { maxLength: 40 }), { maxLength: 60 });
  const limits = fc.record({
    texts: fc.integer({ min: 1, max: 9 }),
    places: fc.integer({ min: 1, max: 200 }),
  });
  fc.assert(
    fc.property(lists, limits, (tokens, limit) => {
      const batches = paddedBatches(tokens, limit);
      const seen = batches.flatMap(({ texts }) => texts);
      assert.equal(
        seen.toSorted((a, b) => a - b),
        tokens.map((_, text) => text),
      );
      for (const { texts, length, tokens: ids, mask } of batches) {
        assert.ok(texts.length <= limit.texts);
        assert.ok(texts.length === 1 || ids.length <= limit.places);
        assert.is(ids.length, texts.length * length);
        for (const [row, text] of texts.entries()) {
          const own = tokens[text]!;
          assert.equal([...ids.subarray(row * length, row * length + own.length)], own);
          const ones = mask.subarray(row * length, (row + 1) * length);
          assert.equal(
            [...ones],
            Array.from({ length }, (_, at) => (at < own.length ? 1 : 0)),
          );
        }
      }
    }),
  );
});

test('texts of one length fill a batch; a long one does not pad the short ones', () => {
  const of = (length: number): number[] => Array.from({ length }, () => 7);
  const alike = paddedBatches(
    Array.from({ length: 20 }, () => of(5)),
    { texts: 8, places: 1000 },
  );
  assert.equal(
    alike.map(({ texts }) => texts.length),
    [8, 8, 4],
  );
  const mixed = paddedBatches([of(3), of(120), of(3), of(4)], CPU_BATCH);
  assert.equal(
    mixed.map(({ texts }) => texts),
    [[0, 2, 3], [1]],
  );
});

test('texts without tokens have a row too', () => {
  const [batch, ...rest] = paddedBatches([[], []], CPU_BATCH);
  assert.equal(rest, []);
  assert.equal([batch!.length, [...batch!.mask]], [1, [0, 0]]);
});
