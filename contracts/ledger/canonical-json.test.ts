import fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import type { ErrorCode } from '../errors.ts';
import { canonicalBytes, canonicalJson, parseCanonicalJson, type CanonicalLimits } from './canonical-json.ts';
import { toHex } from './bytes.ts';

const test = suite('canonical JSON (RFC 8785)');

function refusal(value: unknown, limits?: CanonicalLimits): { code: ErrorCode; path: string | undefined } {
  try {
    canonicalJson(value, limits);
  } catch (error) {
    const { code, details } = error as { code: ErrorCode; details: { path?: string } };
    return { code, path: details.path };
  }
  throw new Error('nothing was refused');
}

test('RFC 8785 §3.2.2: primitive values', () => {
  const input =
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
    '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}';
  const expected =
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
    '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}';
  assert.is(canonicalJson(JSON.parse(input)), expected);
});

test('RFC 8785 §3.2.3: keys by UTF-16 code units', () => {
  const input = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  };
  const expected = [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ];
  const text = canonicalJson(input);
  const found = [...text.matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
  assert.equal(found, expected);
});

test('RFC 8785 §3.2.4: UTF-8 bytes', () => {
  const bytes = toHex(canonicalBytes({ string: '€$\u000f\nA\'B"\\\\"/', literals: [null, true, false] }));
  assert.ok(
    bytes.startsWith(
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c22737472696e67223a22e282ac245c7530303066',
    ),
  );
});

// IEEE 754 bits and their text, RFC 8785 appendix B.
const NUMBERS: readonly [bits: string, text: string][] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

test('RFC 8785 appendix B: numbers', () => {
  for (const [bits, text] of NUMBERS) {
    const value = Buffer.from(bits, 'hex').readDoubleBE(0);
    assert.is(canonicalJson(value), text, bits);
  }
});

test('refuses what has no JSON form, and says where', () => {
  for (const value of [NaN, Infinity, -Infinity, undefined, 1n, Symbol('x'), () => 0]) {
    assert.equal(refusal({ a: [0, value] }), { code: 'invalid_argument', path: 'a.1' }, String(value));
  }
  for (const value of [new Date(0), new Map(), new Uint8Array(1), new (class A {})(), { [Symbol('x')]: 1 }]) {
    assert.equal(refusal({ a: value }), { code: 'invalid_argument', path: 'a' });
  }
  assert.is(refusal([0, , 1]).path, '1');
});

test('refuses lone surrogates in values and keys', () => {
  assert.equal(refusal({ a: '\ud83d' }), { code: 'invalid_argument', path: 'a' });
  assert.equal(refusal(['\ude00'.repeat(200)]), { code: 'invalid_argument', path: '0' });
  assert.is(refusal({ '\ud83d': 1 }).code, 'invalid_argument');
  assert.is(canonicalJson('\ud83d\ude00'), '"\ud83d\ude00"');
});

test('refuses cycles, depth and size past the limits', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = { inner: [cycle] };
  assert.is(refusal(cycle).code, 'invalid_argument');
  let deep: unknown = 1;
  for (let level = 0; level < 65; level += 1) deep = [deep];
  assert.is(refusal(deep).code, 'too_deep');
  assert.is(canonicalJson([[[1]]], { maxDepth: 3 }), '[[[1]]]');
  assert.is(refusal([[[1]]], { maxDepth: 2 }).code, 'too_deep');
  assert.is(refusal('x'.repeat(100), { maxLength: 101 }).code, 'too_large');
  // One part referred to 2^40 times must end early.
  let shared: unknown = 'x';
  for (let level = 0; level < 40; level += 1) shared = [shared, shared];
  assert.is(refusal(shared, { maxLength: 100_000 }).code, 'too_large');
});

test('keeps order of keys apart between objects that share a first key', () => {
  for (let round = 0; round < 20; round += 1) {
    assert.is(canonicalJson({ b: 1, a: 2, c: 3 }), '{"a":2,"b":1,"c":3}');
    assert.is(canonicalJson({ b: 1, c: 2, a: 3 }), '{"a":3,"b":1,"c":2}');
    assert.is(canonicalJson({ b: 1 }), '{"b":1}');
    assert.is(canonicalJson({}), '{}');
    const one: Record<string, unknown> = JSON.parse('{"__proto__":1,"b":2}') as Record<string, unknown>;
    assert.is(canonicalJson(one), '{"__proto__":1,"b":2}');
  }
});

test('property: parsing gives the value back, and there is one text per value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = canonicalJson(value);
      const parsed = parseCanonicalJson(text);
      assert.is(canonicalJson(parsed), text);
      assert.equal(JSON.parse(JSON.stringify(value)), JSON.parse(text));
      assert.is(canonicalJson(reversed(value)), text);
    }),
    { numRuns: 500 },
  );
});

test('parseCanonicalJson refuses every other spelling', () => {
  for (const text of [
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '[1, 2]',
    '[1.0]',
    '["\\u0041"]',
    '-0',
    '[1',
    '"\\ud800"',
  ]) {
    assert.throws(() => parseCanonicalJson(text), undefined, text);
  }
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
