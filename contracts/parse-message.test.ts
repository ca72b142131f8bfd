import { assert, suite } from '../test/harness.ts';
import { WitanError } from './errors.ts';
import { parseDecisionRequest } from './parse-message.ts';

const test = suite('parse-message');

function failure(value: unknown): { code: string; path: unknown } {
  try {
    parseDecisionRequest(value);
  } catch (error) {
    if (error instanceof WitanError) {
      assert.type(error.details.expected, 'string');
      return { code: error.code, path: error.details.path };
    }
    throw error;
  }
  return { code: 'none', path: undefined };
}

test('a well-formed decision passes and keeps its fields', () => {
  const request = { type: 'loan', text: 'Deny.', context: { amount: 1_200.5, reviewer: { id: 'r1' } } };
  assert.equal(parseDecisionRequest(request), request);
});

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });

for (const [name, value, code, path] of [
  ['unknown field', { type: 'chat', text: 'x', tenant: 'other' }, 'unknown_field', 'tenant'],
  [
    'unknown nested field',
    { type: 'chat', messages: [{ role: 'user', content: 'x', trust: 1 }] },
    'unknown_field',
    'messages.0.trust',
  ],
  ['NaN', { type: 'chat', text: 'x', context: { a: NaN } }, 'invalid_argument', 'context.a'],
  [
    'Infinity deep inside',
    { type: 'chat', context: { a: [1, { b: -Infinity }] } },
    'invalid_argument',
    'context.a.1.b',
  ],
  ['a cycle', { type: 'chat', context: cyclic }, 'too_deep', undefined],
  ['a Date', { type: 'chat', context: { at: new Date(0) } }, 'invalid_argument', 'context.at'],
  ['a bigint', { type: 'chat', context: { at: 1n } }, 'invalid_argument', 'context.at'],
  ['a function', { type: 'chat', context: { at: () => 1 } }, 'invalid_argument', 'context.at'],
  [
    'undefined inside context',
    { type: 'chat', context: { at: undefined } },
    'invalid_argument',
    'context.at',
  ],
  ['17 levels in context', { type: 'chat', context: deep(17) }, 'too_deep', undefined],
  [
    '10,001 values in context',
    { type: 'chat', context: { a: new Array(10_000).fill(0) } },
    'too_large',
    undefined,
  ],
  ['half a surrogate pair', { type: 'chat', text: '\ud800' }, 'bad_encoding', 'text'],
  ['no subject', { type: 'chat' }, 'invalid_argument', 'text'],
  ['wrong type of type', { type: 5, text: 'x' }, 'invalid_argument', 'type'],
  [
    'bad role',
    { type: 'chat', messages: [{ role: 'root', content: 'x' }] },
    'invalid_argument',
    'messages.0.role',
  ],
  ['deadline as fraction', { type: 'chat', text: 'x', deadlineMs: 99.5 }, 'invalid_argument', 'deadlineMs'],
  ['deadline too small', { type: 'chat', text: 'x', deadlineMs: 1 }, 'invalid_argument', 'deadlineMs'],
  ['text too long', { type: 'chat', text: 'x'.repeat(200_001) }, 'too_large', 'text'],
  ['wrong risk', { type: 'chat', text: 'x', risk_level: 'none' }, 'invalid_argument', 'risk_level'],
  ['null', null, 'invalid_argument', ''],
  ['an array', [], 'invalid_argument', ''],
] as const) {
  test(`refuses ${name} with code and path`, () => {
    const found = failure(value);
    assert.is(found.code, code);
    if (path !== undefined) assert.is(found.path, path);
  });
}

test('an optional field spelled as undefined is absent', () => {
  assert.is(failure({ type: 'chat', text: 'x', audience: undefined }).code, 'none');
});

test('16 levels in context pass', () => {
  assert.is(failure({ type: 'chat', context: deep(16) }).code, 'none');
});
