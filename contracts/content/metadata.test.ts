import fc from 'fast-check';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { assert, suite } from '../../test/harness.ts';
import { metadataDigest, normaliseMetadata } from './metadata.ts';

const test = suite('metadata of content');
const digest = (source: Record<string, unknown>): string => metadataDigest(normaliseMetadata(source), sha256);

test('what a chat API answers becomes metadata, without prompt and output', () => {
  const answer = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_767_225_600,
    model: 'writer-1',
    system_fingerprint: 'fp_2',
    temperature: 0.7,
    seed: 5,
    messages: [{ role: 'user', content: 'secret' }],
    choices: [{ message: { content: 'the output' } }],
  };
  assert.equal(normaliseMetadata(answer), {
    modelId: 'writer-1',
    modelVersion: 'fp_2',
    createdAt: '2026-01-01T00:00:00.000Z',
    parameters: { temperature: 0.7, seed: 5 },
  });
});

test('the same facts in another spelling have the same digest', () => {
  const plain = digest({
    modelId: 'é',
    createdAt: '2026-01-01T00:00:00Z',
    parameters: { a: 1, b: { c: 0 } },
  });
  const spelled = [
    { model: ' e\u0301 ', timestamp: 1_767_225_600, params: { b: { c: -0, d: undefined }, a: 1 } },
    { model_id: 'é', created: 1_767_225_600_000, options: { b: { c: 0 }, a: 1, gone: null } },
    { model: 'é', created_at: new Date(1_767_225_600_000), parameters: { a: 1, b: { c: 0 } }, author: null },
    { model: 'é', timestamp: '2026-01-01T01:00:00+01:00', generation_config: { a: 1, b: { c: 0 } } },
  ];
  for (const source of spelled) assert.is(digest(source), plain);
});

test('normal form is a fixed point', () => {
  const source = fc.record({
    model: fc.string({ minLength: 1, maxLength: 20 }).filter((text) => /^[!-~]+$/.test(text)),
    created: fc.integer({ min: 0, max: 4_000_000_000 }),
    temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
    parameters: fc.dictionary(
      fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'),
      fc.jsonValue(),
    ),
  });
  fc.assert(
    fc.property(source, (given) => {
      const once = normaliseMetadata(given);
      assert.equal(normaliseMetadata(once), once);
    }),
  );
});

test('what is missing or wrong is named', () => {
  const wrong: readonly [Record<string, unknown>, string, string][] = [
    [{ created: 1 }, 'invalid_argument', 'modelId'],
    [{ model: 'm' }, 'invalid_argument', 'createdAt'],
    [{ model: 'm', created: 'yesterday' }, 'invalid_argument', 'createdAt'],
    [{ model: 'm', created: 1e300 }, 'invalid_argument', 'createdAt'],
    [{ model: 'm\u0000', created: 1 }, 'invalid_argument', 'modelId'],
    [
      { model: 'm', created: 1, parameters: { long: 'x'.repeat(20_000) } },
      'too_large',
      'metadata.parameters',
    ],
    [{ model: 'm', created: 1, modelDigest: 'abc' }, 'invalid_argument', 'modelDigest'],
  ];
  for (const [source, code, path] of wrong) {
    let thrown: { code?: string; details?: { path?: string } } = {};
    try {
      normaliseMetadata(source);
    } catch (error) {
      thrown = error as typeof thrown;
    }
    assert.equal([thrown.code, thrown.details?.path], [code, path], JSON.stringify(source).slice(0, 60));
  }
});
