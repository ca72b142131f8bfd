import fc from 'fast-check';
import { Buffer } from 'node:buffer';
import { assert, suite } from '../../../../test/harness.ts';
import { markText, readTextMark, stripTextMark, TEXT_MARK } from './text-mark.ts';

const test = suite('text mark', { limitMs: 30_000 });
const KEY = new Uint8Array(32).fill(7);
const OTHER = new Uint8Array(32).fill(8);
const ID = '0123456789ab';
const TEXT =
  'The council sat for an hour and heard the keeper of the record, the guardian and two of the seats that ' +
  'had dissented before. It then approved the change, on the condition ' +
  'that the logs are kept for seven years.';

test('a mark is invisible and comes back', () => {
  const marked = markText(TEXT, ID, KEY);
  assert.is(stripTextMark(marked), TEXT);
  assert.equal(readTextMark(marked, [OTHER, KEY]), { markId: ID, cellCount: 24 });
});

test('any text can be marked, the shortest too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (text) => {
      const plain = stripTextMark(text);
      const marked = markText(plain, ID, KEY);
      assert.is(stripTextMark(marked), plain);
      assert.is(readTextMark(marked, [KEY])?.markId, ID);
    }),
    { numRuns: 200 },
  );
});

test('a dozen words in a row are enough, eleven are not', () => {
  const words = markText(Array(80).fill('word').join(' '), ID, KEY).split(' ');
  for (let from = 0; from + 12 <= words.length; from += 1) {
    assert.is(readTextMark(words.slice(from, from + 12).join(' '), [KEY])?.markId, ID);
    assert.is(readTextMark(words.slice(from, from + 11).join(' '), [KEY]), undefined);
  }
});

test('only the holder of the key makes and reads marks', () => {
  assert.is(readTextMark(markText(TEXT, ID, KEY), [OTHER]), undefined);
  assert.is(readTextMark(markText(TEXT, ID, OTHER), [KEY]), undefined);
});

test('cells of somebody else among ours are outvoted or left out', () => {
  const ours = markText(TEXT, ID, KEY);
  const few = markText('two words', 'ffffffffffff', OTHER).replace('two', '').slice(0, 12);
  assert.is(readTextMark(`${few} ${ours}`, [KEY])?.markId, ID);
  const cells = ours.split(' ');
  assert.is(readTextMark([...cells.slice(0, 14), few].join(' '), [KEY])?.markId, ID);
});

test('characters that were lost or added spoil their own cell alone', () => {
  const marked = markText(TEXT, ID, KEY);
  const at = [...marked.matchAll(/[\u200b\u2060-\u2064]{6}/g)].map((match) => match.index);
  const broken = marked.slice(0, at[3]!) + marked.slice(at[3]! + 1);
  assert.is(readTextMark(broken, [KEY])?.markId, ID);
});

test('copying through UTF-8, UTF-16 and NFC, NFD, NFKC keeps the mark; printing letters alone does not', () => {
  const marked = markText(TEXT, ID, KEY);
  for (const encoding of ['utf8', 'utf16le'] as const) {
    assert.is(readTextMark(Buffer.from(marked, encoding).toString(encoding), [KEY])?.markId, ID);
  }
  for (const form of ['NFC', 'NFD', 'NFKC'] as const) {
    assert.is(readTextMark(marked.normalize(form), [KEY])?.markId, ID);
  }
  assert.is(readTextMark(marked.replace(/\p{Cf}/gu, ''), [KEY]), undefined);
});

test('random invisible characters are no mark', () => {
  const invisible = fc.string({
    unit: fc.constantFrom(...'\u200b\u2060\u2061\u2062\u2063\u2064'),
    minLength: 60,
  });
  fc.assert(
    fc.property(invisible, (noise) => readTextMark(noise, [KEY]) === undefined),
    { numRuns: 2_000 },
  );
});

test('a text with invisible characters is not marked over them', () => {
  assert.throws(
    () => markText(`a${'\u200b'}b`, ID, KEY),
    (error: { code: string }) => error.code === 'conflict',
  );
  assert.is(TEXT_MARK.cellCount * TEXT_MARK.cellLength, 144);
});
