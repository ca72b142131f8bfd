import { assert, suite } from '../test/harness.ts';
import { errorInBody, WitanError } from './errors.ts';

const test = suite('errors', { limitMs: 10_000 });

test('an error is read back from the body that a door made of it', () => {
  const sent = new WitanError('rate_limited', 'slower, please', { retryAfterMs: 250, limit: 3 });
  const body: unknown = JSON.parse(JSON.stringify({ error: sent }));
  const read = errorInBody(body)!;
  assert.ok(read instanceof WitanError);
  assert.equal(read.toJSON(), sent.toJSON());
});

test('a body that holds none of our errors gives none', () => {
  const bodies = [undefined, null, 7, 'text', [], {}, { error: null }, { error: {} }];
  for (const body of [...bodies, { error: { code: 'teapot' } }, { error: { code: 'toString' } }])
    assert.is(errorInBody(body), undefined);
});
