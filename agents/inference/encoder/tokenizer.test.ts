/** The tokenizer against all segmentations there are, and on text of every kind. */
import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { READ_LIMIT_UNITS, Tokenizer } from './tokenizer.ts';

const test = suite('tokenizer');
const RESERVED = ['�', '<s>', '</s>', 'x1', 'x2', 'x3'];

const tokenizerOf = (pieces: Readonly<Record<string, number>>): Tokenizer => {
  const rows = [...RESERVED.map((piece) => [piece, 0]), ...Object.entries(pieces)];
  return new Tokenizer(new TextEncoder().encode(JSON.stringify(rows)));
};
const PIECES = { '▁': -3, a: -2, b: -2.5, ab: -3.25, '▁a': -4, ba: -4, aba: -5.25, '▁ab': -5 };
const NAMES = [...RESERVED, ...Object.keys(PIECES)];
const small = tokenizerOf(PIECES);
const textOf = (ids: readonly number[]): string => ids.map((id) => NAMES[id]).join('');

test('the longest piece wins where its score is the best, and only there', () => {
  assert.equal(small.encode('ab'), [NAMES.indexOf('▁ab')]);
  assert.equal(tokenizerOf({ ...PIECES, '▁ab': -9 }).encode('ab'), [NAMES.indexOf('▁'), NAMES.indexOf('ab')]);
});

test('a space is a piece of its own kind, before the first word too', () => {
  assert.is(textOf(small.encode('ab a')), '▁ab▁a');
  assert.is(textOf(small.encode(' a')), '▁▁a');
  assert.equal(small.encode(''), []);
});

test('no segmentation has a better sum than the one that is given', () => {
  const scores: Readonly<Record<string, number>> = PIECES;
  const bestSum = (text: string): number => {
    if (text === '') return 0;
    const sums = Object.entries(scores)
      .filter(([piece]) => text.startsWith(piece))
      .map(([piece, score]) => score + bestSum(text.slice(piece.length)));
    return Math.max(...sums);
  };
  const letters = fc.array(fc.constantFrom('a', 'b', ' '), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(letters, (parts) => {
      const text = parts.join('');
      const written = `▁${text.replaceAll(' ', '▁')}`;
      const ids = small.encode(text);
      assert.is(textOf(ids), written);
      const sum = ids.reduce((total, id) => total + scores[NAMES[id]!]!, 0);
      assert.ok(Math.abs(sum - bestSum(written)) < 1e-9, `${sum} for ${text}`);
    }),
  );
});

test('each run of what no piece begins with is one unknown', () => {
  const ids = small.encode('a??b?');
  assert.equal(ids, [NAMES.indexOf('▁a'), 0, NAMES.indexOf('b'), 0]);
});

test('what NFKC writes alike has the same tokens', () => {
  assert.equal(small.encode('ａｂ\u00a0ａ'), small.encode('ab a'));
});

test('text of every kind gives ids of the vocabulary, and never two unknowns in a row', () => {
  const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        units.map((codes) => String.fromCharCode(...codes)),
      ),
      (text) => {
        const ids = small.encode(text);
        assert.is(ids.length === 0, text.normalize('NFKC') === '');
        for (const [at, id] of ids.entries()) {
          assert.ok(id >= 0 && id < small.pieceCount);
          assert.not(id === 0 && ids[at + 1] === 0);
        }
      },
    ),
  );
});

test('of a text beyond the limit its beginning is read', () => {
  const start = 'ab '.repeat(READ_LIMIT_UNITS).slice(0, READ_LIMIT_UNITS);
  assert.equal(small.encode(start + 'b'.repeat(5_000_000)), small.encode(start));
  const halved = `${'b'.repeat(READ_LIMIT_UNITS - 1)}😀`;
  assert.equal(small.encode(halved), small.encode('b'.repeat(READ_LIMIT_UNITS - 1)));
});

test('one symbol that becomes many does not lead around the limit', () => {
  // U+FDFA becomes eighteen symbols.
  const wide = tokenizerOf({ ...PIECES, ا: -2 });
  assert.ok(wide.encode('\ufdfa'.repeat(READ_LIMIT_UNITS)).length <= READ_LIMIT_UNITS + 1);
});

test('a file that is no vocabulary is refused', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const files = [bytes(''), bytes('{}'), bytes('[]'), bytes('[["a"]]'), Uint8Array.of(0xff, 0xfe)];
  for (const file of [...files, bytes(JSON.stringify(RESERVED.map((piece) => [piece, '0'])))]) {
    assert.throws(
      () => new Tokenizer(file),
      (error: { code?: string }) => error.code === 'invalid_argument',
    );
  }
});
