import fc from 'fast-check';
import { assert, suite } from '../test/harness.ts';
import { WitanError } from './errors.ts';
import { parseJson } from './parse-json.ts';

const test = suite('parse-json');
const limits = { maxBytes: 4_000_000, maxDepth: 20, maxNodes: 100_000 };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): unknown => parseJson(bytesOf(text), limits);

function failure(run: () => unknown): { code: string; path: unknown } {
  try {
    run();
  } catch (error) {
    if (error instanceof WitanError) return { code: error.code, path: error.details.path };
    throw error;
  }
  return { code: 'none', path: undefined };
}

test('agrees with JSON.parse on every JSON value, in any layout', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.integer({ min: 0, max: 4 }), (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), null, indent);
      // What I-JSON forbids is tested below.
      fc.pre(!/__proto__|\\ud|\d{16}/.test(text));
      assert.equal(parse(text), JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test('never throws anything but a typed error, and accepts nothing that JSON.parse refuses', () => {
  const soup = fc.array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"a":',
      '\\',
      '1',
      '-',
      '0.',
      'e9',
      ' ',
      'true',
      'nul',
      '\u0001',
      'é',
      '\ufeff',
    ),
    { maxLength: 14 },
  );
  fc.assert(
    fc.property(soup, (parts) => {
      const text = parts.join('');
      const ours = failure(() => parse(text)).code;
      let theirs = true;
      try {
        JSON.parse(text);
      } catch {
        theirs = false;
      }
      if (ours === 'none') assert.ok(theirs, text);
      if (theirs && ours !== 'none') assert.is(ours, 'invalid_argument', text);
    }),
    { numRuns: 3_000 },
  );
});

test('arbitrary bytes give a typed error or a value', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      failure(() => parseJson(bytes, limits));
    }),
    { numRuns: 2_000 },
  );
});

for (const [name, text, code, path] of [
  ['duplicate key', '{"a":{"b":1,"\\u0062":2}}', 'invalid_argument', 'a.b'],
  ['__proto__', '{"a":[{"__proto__":{"x":1}}]}', 'invalid_argument', 'a.0.__proto__'],
  ['escaped __proto__', '{"\\u005f_proto__":1}', 'invalid_argument', '__proto__'],
  ['1e999', '{"a":1e999}', 'invalid_argument', 'a'],
  ['NaN', '{"a":NaN}', 'bad_encoding', 'a'],
  ['Infinity', '[-Infinity]', 'bad_encoding', '0'],
  ['an integer that loses digits', '[1,9007199254740993]', 'invalid_argument', '1'],
  ['half a surrogate pair', '["\\ud800"]', 'bad_encoding', '0'],
  ['leading zero', '[01]', 'bad_encoding', ''],
  ['trailing comma', '{"a":1,}', 'bad_encoding', ''],
  ['comment', '{/**/}', 'bad_encoding', ''],
  ['single quotes', "{'a':1}", 'bad_encoding', ''],
  ['raw control character', '["\u0001"]', 'bad_encoding', '0'],
  ['unterminated string', '"abc\\"', 'bad_encoding', ''],
  ['byte order mark', '\ufeff{}', 'bad_encoding', ''],
  ['nothing', '', 'bad_encoding', ''],
  ['two texts', '{} {}', 'bad_encoding', ''],
] as const) {
  test(`refuses ${name} with its place`, () => {
    assert.equal(
      failure(() => parse(text)),
      { code, path },
    );
  });
}

test('refuses malformed UTF-8', () => {
  assert.is(failure(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), limits)).code, 'bad_encoding');
  assert.is(
    failure(() => parseJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), limits)).code,
    'bad_encoding',
  );
});

test('limits hold exactly: bytes, depth, nodes', () => {
  const small = { maxBytes: 10, maxDepth: 2, maxNodes: 3 };
  const code = (text: string): string => failure(() => parseJson(bytesOf(text), small)).code;
  assert.is(code('"12345678"'), 'none');
  assert.is(code('"123456789"'), 'too_large');
  assert.is(code('[[1]]'), 'none');
  assert.is(code('[[[1]]]'), 'too_deep');
  assert.is(code('[1,2,3]'), 'none');
  assert.is(code('[1,2,3,4]'), 'too_large');
});

test('a hundred thousand open brackets end in too_deep, not in a stack overflow', () => {
  assert.is(failure(() => parse('['.repeat(100_000))).code, 'too_deep');
});

test('a long string full of escapes is read', () => {
  const text = JSON.stringify('\\"é\n'.repeat(100_000));
  assert.is((parse(text) as string).length, 400_000);
});

test('keys of Object.prototype are data', () => {
  const value = parse('{"constructor":1,"toString":2,"hasOwnProperty":3}') as object;
  assert.equal(Object.keys(value), ['constructor', 'toString', 'hasOwnProperty']);
  assert.is(Object.getPrototypeOf(value), Object.prototype);
});
