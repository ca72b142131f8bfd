import { createHash } from 'node:crypto';
import { assert, suite } from '../../test/harness.ts';
import { describeContent } from './content.ts';

const test = suite('content in the client');

test('hash and metadata as a node computes them', async () => {
  const text = 'grüße';
  const { digest, metadata } = await describeContent(text, { model: 'm', created: 0, seed: 1 });
  assert.is(digest, `sha256:${createHash('sha256').update(text).digest('hex')}`);
  assert.equal(metadata, { modelId: 'm', createdAt: '1970-01-01T00:00:00.000Z', parameters: { seed: 1 } });
  const bytes = await describeContent(Buffer.from(text), metadata);
  assert.equal(bytes, await describeContent(text, metadata));
});
