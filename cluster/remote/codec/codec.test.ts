import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import type { AnyRef } from '../../../runtime/kernel/index.ts';
import { ByteCodec } from './byte-codec.ts';
import { checkBytes } from './check-bytes.ts';
import { CODEC_LIMITS } from './limits.ts';
import { revive } from './reviver.ts';
import { Shaper } from './shaper.ts';

const test = suite('codec of messages between nodes');

const refs: AnyRef[] = [];
const limits = { maxBytes: 50_000, maxDepth: 20, maxValues: 2_000 };

function made(bounds = limits) {
  const shaper = new Shaper(bounds, (ref) => ['x', refs.indexOf(ref)]);
  const codec = new ByteCodec(bounds);
  const encode = (message: unknown): Uint8Array => {
    const { value, isTagged } = shaper.shape(message);
    return new Uint8Array(codec.encode([isTagged, value]));
  };
  const decode = (bytes: Uint8Array): unknown => {
    const plain = codec.decode(bytes);
    if (!Array.isArray(plain)) return plain;
    const [isTagged, value] = plain as [unknown, unknown];
    return isTagged === true ? revive(value, ([, index]) => refs[index as number]!) : value;
  };
  return { encode, decode, trip: (message: unknown) => decode(encode(message)) };
}

function codeOf(task: () => unknown): WitanError {
  try {
    task();
  } catch (error) {
    if (error instanceof WitanError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function fakeRef(name: string): AnyRef {
  class Ref {
    readonly path = `/${name}`;
    readonly name = name;
    readonly node = 'n';
    tell(): void {}
  }
  const ref = new Ref() as AnyRef;
  refs.push(ref);
  return ref;
}

test('everything that may travel arrives as it was', () => {
  const { trip } = made();
  const ref = fakeRef('a');
  const message = {
    undefined,
    none: undefined,
    nothing: null,
    numbers: [0, -0, 1.5, -1, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1, 1e300, NaN, Infinity, -Infinity],
    big: [0n, -1n, 2n ** 200n],
    at: [new Date(0), new Date(-1), new Date(8.64e15)],
    bytes: new Uint8Array([0, 255, 7]),
    map: new Map<unknown, unknown>([
      ['k', 1n],
      [{ deep: [ref] }, new Set([undefined, ref])],
    ]),
    set: new Set(['a', new Map()]),
    text: ['', 'ö€😀', '\ud800', 'a\udc00b', '\0u', '\0'.repeat(3)],
    lists: [['\0u'], ['\0a', 1], [['\0m', 'k', 1]], []],
    keys: { '': 1, constructor: 'x', toJSON: 1, hasOwnProperty: null, length: 3 },
    ref,
  };
  const back = trip(message) as typeof message;
  assert.ok(isDeepStrictEqual(back, message));
  assert.ok(Object.is(back.numbers[1], -0));
  assert.ok('none' in back);
  assert.is(back.ref, ref);
  assert.is(Object.getPrototypeOf(back.bytes), Uint8Array.prototype);
  assert.ok(Number.isNaN((trip(new Date(NaN)) as Date).getTime()));
});

test('errors keep code, message and details; a code of the future is named', () => {
  const { trip, decode, encode } = made();
  const error = trip({ error: new WitanError('rate_limited', 'later', { retryAfterMs: 5, n: 1n }) });
  const typed = (error as { error: WitanError }).error;
  assert.instance(typed, WitanError);
  assert.is(typed.code, 'rate_limited');
  assert.is(typed.message, 'later');
  assert.is(typed.retryable, true);
  assert.equal(typed.details, { retryAfterMs: 5, n: 1n });
  const bytes = encode(new WitanError('conflict', ''));
  const at = Buffer.from(bytes).indexOf('conflict');
  bytes.set(Buffer.from('newcodes'), at);
  const unknown = decode(bytes) as WitanError;
  assert.is(unknown.code, 'internal');
  assert.is(unknown.details['remoteCode'], 'newcodes');
});

test('what cannot travel is refused with its path, and nothing else is touched', () => {
  const { encode } = made();
  class Thing {}
  const cases: [unknown, string][] = [
    [{ a: [{ b: () => 1 }] }, 'a.0.b'],
    [{ s: Symbol('x') }, 's'],
    [[1, new Thing()], '1'],
    [{ when: new Error('plain') }, 'when'],
    [{ f: new Float32Array(2) }, 'f'],
    [{ p: Promise.resolve() }, 'p'],
    [{ o: { [Symbol('k')]: 1 } }, 'o'],
    [JSON.parse('{"in":{"__proto__":{"polluted":1}}}'), 'in.__proto__'],
    [new Map([['k', new Thing()]]), '1'],
  ];
  for (const [message, path] of cases) {
    const error = codeOf(() => encode(message));
    assert.is(error.code, 'invalid_argument');
    assert.is(error.details.path, path);
  }
  const message = Object.freeze({ at: new Date(5), list: Object.freeze([undefined]) });
  encode(message);
  assert.equal(message.list, [undefined]);
});

test('depth, number of values and size have limits at the sender', () => {
  const { encode } = made();
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  assert.is(codeOf(() => encode(cycle)).code, 'too_deep');
  assert.is(codeOf(() => encode(nested(21))).code, 'too_deep');
  encode(nested(20));
  assert.is(codeOf(() => encode(new Array(2_001).fill(1))).code, 'too_large');
  assert.is(codeOf(() => encode('x'.repeat(50_001))).code, 'too_large');
  assert.is(codeOf(() => encode(new Uint8Array(50_001))).code, 'too_large');
});

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

test('hostile bytes are refused before anything is made of them', () => {
  const many = { ...CODEC_LIMITS, maxValues: 100 };
  const deep = new Uint8Array(1_000).fill(0x91);
  deep[999] = 0xc0;
  assert.is(codeOf(() => checkBytes(deep, CODEC_LIMITS)).code, 'too_deep');
  // Four thousand million elements are announced, and none is there.
  assert.is(
    codeOf(() => checkBytes(new Uint8Array([0xdd, 255, 255, 255, 255]), CODEC_LIMITS)).code,
    'bad_encoding',
  );
  assert.is(
    codeOf(() => checkBytes(new Uint8Array([0xdf, 255, 255, 255, 255]), CODEC_LIMITS)).code,
    'bad_encoding',
  );
  assert.is(
    codeOf(() => checkBytes(new Uint8Array([0xdb, 0, 0, 0, 9, 65]), CODEC_LIMITS)).code,
    'bad_encoding',
  );
  const list = new Uint8Array(103).fill(1);
  list.set([0xdc, 0, 100]);
  assert.is(codeOf(() => checkBytes(list, many)).code, 'too_large');
  for (const head of [0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8]) {
    const bytes = new Uint8Array(40);
    bytes[0] = head;
    assert.is(codeOf(() => checkBytes(bytes, CODEC_LIMITS)).code, 'bad_encoding');
  }
  assert.is(codeOf(() => checkBytes(new Uint8Array([1, 1]), CODEC_LIMITS)).code, 'bad_encoding');
  assert.is(codeOf(() => checkBytes(new Uint8Array(), CODEC_LIMITS)).code, 'bad_encoding');
});

test('a __proto__ key in foreign bytes changes nothing but the message', () => {
  const { decode } = made();
  const key = Buffer.from('__proto__');
  // [false, {"__proto__": {"polluted": true}}]
  const inner = Buffer.concat([Buffer.from([0x81, 0xa8]), Buffer.from('polluted'), Buffer.from([0xc3])]);
  const bytes = Buffer.concat([Buffer.from([0x92, 0xc2, 0x81, 0xa0 | key.length]), key, inner]);
  const value = decode(new Uint8Array(bytes)) as object;
  assert.is(Object.getPrototypeOf(value), Object.prototype);
  assert.is((value as { polluted?: unknown }).polluted, undefined);
  assert.is(({} as { polluted?: unknown }).polluted, undefined);
});

const leaf = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, NaN, -0, Infinity),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 40 }),
);
const { message: anyMessage } = fc.letrec<{ message: unknown }>((tie) => ({
  message: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    leaf,
    fc.array(tie('message'), { maxLength: 6 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('message'),
      { maxKeys: 6, noNullPrototype: true },
    ),
    fc.array(tie('message'), { maxLength: 4 }).map((items) => new Set(items)),
    fc.array(fc.tuple(tie('message'), tie('message')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  ),
}));

test('any message comes back equal', () => {
  const { trip } = made();
  fc.assert(
    fc.property(anyMessage, (message) => isDeepStrictEqual(trip(message), message)),
    { numRuns: 1_500 },
  );
});

test('mutated bytes give a value or a typed error, never anything else', () => {
  const { encode, decode } = made();
  const change = fc.tuple(fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(anyMessage, fc.array(change, { minLength: 1, maxLength: 6 }), (message, changes) => {
      const bytes = encode(message);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      try {
        decode(bytes);
      } catch (error) {
        return error instanceof WitanError;
      }
      return true;
    }),
    { numRuns: 3_000 },
  );
});
