/** Our encoder gives what the published one gives, on texts of all kinds. */
import fc from 'fast-check';
import type { ModelRunner } from '../../../agents/inference/model-runner.ts';
import { ENCODER_TOKENS, VOCABULARY_FILE } from '../../../agents/inference/encoder/encoder-files.ts';
import { openSentenceEncoder } from '../../../agents/inference/encoder/sentence-encoder.ts';
import { Tokenizer } from '../../../agents/inference/encoder/tokenizer.ts';
import { loadOriginal } from '../../../bench/inference/original-encoder.ts';
import { LEAST_COSINE } from '../../../tools/models/encoder/encoder-card.ts';
import { assert, suite } from '../../harness.ts';
import { madeEncoder } from './made-encoder.ts';
import { labelledTexts, ownTexts } from './texts.ts';

/** The published form takes some 50 ms a text, more where the machine is busy. */
const test = suite('sentence encoder beside its original', { limitMs: 300_000 });
const BATCH_TEXTS = 8;

const original = await loadOriginal().catch((error: unknown) => String(error));
const model = madeEncoder();
const tokenizer = new Tokenizer(model.files.get(VOCABULARY_FILE)!);
let ours: ModelRunner;

test.before(async () => {
  ours = await openSentenceEncoder(model, ['cpu']);
});
test.after(() => ours.close());

const LABELLED = labelledTexts(20);
for (const [name, texts, least] of [
  ['own texts', ownTexts(), 200],
  ['rows of the labelled sets', LABELLED, 100],
] as const) {
  if (typeof original === 'string') {
    test.skip(name, `the original is not installed (${original})`);
  } else if (texts === undefined) {
    test.skip(name, 'no ../shared/data here, and WITAN_DATA names no other folder');
  } else {
    test(`${name}: the tokens of the original`, () => {
      for (const text of texts)
        assert.equal(tokenizer.encode(text), original.tokens(text), text.slice(0, 80));
    });

    test(`${name}: its rows`, async () => {
      const cosines = await compare(texts);
      assert.is(cosines.length, texts.length);
      assert.ok(texts.length >= least, `${texts.length} texts are too few`);
      for (const [at, cosine] of cosines.entries()) {
        assert.ok(cosine >= LEAST_COSINE, `${cosine}: ${texts[at]!.slice(0, 80)}`);
      }
    });

    async function compare(all: readonly string[]): Promise<readonly number[]> {
      const rows = await ours.run(all);
      const cosines: number[] = [];
      for (let start = 0; start < all.length; start += BATCH_TEXTS) {
        const expected = await (original as Exclude<typeof original, string>).embed(
          all.slice(start, start + BATCH_TEXTS),
        );
        for (const [at, row] of expected.entries()) cosines.push(cosine(rows[start + at]!, row));
      }
      return cosines;
    }
  }
}

if (typeof original === 'string') {
  test.skip('an empty text', `the original is not installed (${original})`);
} else {
  test('an empty text has the row that the original gives it within a batch', async () => {
    assert.equal(tokenizer.encode(''), original.tokens(''));
    const [row] = await ours.run(['']);
    const [expected] = await original.embed(['', 'something']);
    assert.ok(cosine(row!, expected!) >= LEAST_COSINE);
  });
}

if (typeof original !== 'string') {
  test('the tokens of the original on short texts of every mixture', () => {
    // Colons and zeros have odd scores in the vocabulary; the rest meets spaces, accents, scripts and marks.
    const unit = fc.constantFrom(...'abceinorst  ::0389.,\'"!?-()éßЖ語😀▁\u00a0\ud800AI');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        assert.equal(tokenizer.encode(text), original.tokens(text), text);
      }),
      { numRuns: 2000 },
    );
  });
}

test('what stands behind the last token does not count, and what stands before it does', async () => {
  const words = 'one two three four five six seven eight nine ten '.repeat(40);
  assert.ok(tokenizer.encode(words).length > ENCODER_TOKENS);
  const [plain, longer, other] = await ours.run([words, `${words} and more`, `other ${words}`]);
  assert.ok(cosine(plain!, longer!) > 0.999_999);
  assert.ok(cosine(plain!, other!) < 0.999);
});

test('a row depends on its text alone, not on what it shares a batch with', async () => {
  const texts = ownTexts().filter((_, at) => at % 4 === 0);
  const together = await ours.run(texts);
  for (const [at, text] of texts.entries()) {
    const [alone] = await ours.run([text]);
    assert.ok(cosine(alone!, together[at]!) > 0.999_999, text.slice(0, 80));
  }
});

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, left, right] = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) {
    product += a[at]! * b[at]!;
    left += a[at]! * a[at]!;
    right += b[at]! * b[at]!;
  }
  return product / Math.sqrt(left * right);
}
