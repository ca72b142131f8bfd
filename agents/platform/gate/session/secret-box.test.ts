import { randomBytes } from 'node:crypto';
import { assert, suite } from '../../../../test/harness.ts';
import { SecretBox } from './secret-box.ts';

const test = suite('secret-box');
const key = randomBytes(32);
const box = new SecretBox(key, randomBytes);

test('what was sealed opens for the same purpose under the same key', () => {
  const text = box.seal('flow', { a: 'ä' });
  assert.equal(new SecretBox(key, randomBytes).open('flow', text), { a: 'ä' });
  assert.is(box.open('factor', text), undefined);
  assert.is(new SecretBox(randomBytes(32), randomBytes).open('flow', text), undefined);
  assert.is.not(box.seal('flow', 1), box.seal('flow', 1));
});

test('one changed bit anywhere, a part or nothing does not open', () => {
  const bytes = Buffer.from(box.seal('flow', { a: 1 }), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const forged = Buffer.from(bytes);
    forged[at]! ^= 1;
    assert.is(box.open('flow', forged.toString('base64url')), undefined);
    assert.is(box.open('flow', bytes.subarray(0, at).toString('base64url')), undefined);
  }
});

test('a digest is the same for the same text and key alone', () => {
  assert.is(box.digest('subject', 'a'), new SecretBox(key, randomBytes).digest('subject', 'a'));
  assert.is.not(box.digest('subject', 'a'), box.digest('subject', 'b'));
  assert.is.not(
    box.digest('subject', 'a'),
    new SecretBox(randomBytes(32), randomBytes).digest('subject', 'a'),
  );
  assert.match(box.digest('subject', 'a'), /^[0-9a-f]{32}$/);
});
