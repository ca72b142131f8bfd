import { assert, suite } from '../../../test/harness.ts';
import { clientAddress } from './client-address.ts';

const test = suite('client-address');
const open = clientAddress([]);
const behind = clientAddress(['10.0.0.0/8', '127.0.0.1', '2001:db8::/32']);
const from = (addressOf: typeof open, peer: string | undefined, forwardedFor?: string): string | undefined =>
  addressOf({ peer, forwardedFor, isForwarded: forwardedFor !== undefined });

test('without trusted proxies the socket counts and a header gives no address', () => {
  assert.is(from(open, '127.0.0.1'), '127.0.0.1');
  assert.is(from(open, '127.0.0.1', '203.0.113.9'), undefined);
  assert.is(from(open, '198.51.100.7', '127.0.0.1'), '198.51.100.7');
});

for (const [peer, forwardedFor, expected] of [
  ['10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ['10.1.2.3', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
  ['10.1.2.3', '203.0.113.9, 10.9.9.9', '203.0.113.9'],
  ['::ffff:10.1.2.3', '1.1.1.1, 203.0.113.9:4711', '203.0.113.9'],
  ['2001:db8::1', '[2001:470::5]:80', '2001:470::5'],
  ['127.0.0.1', '127.0.0.9', undefined],
  ['127.0.0.1', '127.0.0.1', undefined],
  ['10.1.2.3', '203.0.113.9, unknown', undefined],
  ['10.1.2.3', '', undefined],
  ['10.1.2.3', undefined, undefined],
  ['198.51.100.7', '203.0.113.9', '198.51.100.7'],
] as const) {
  test(`${peer} forwarding "${forwardedFor}" is ${expected}`, () => {
    assert.is(from(behind, peer, forwardedFor), expected);
  });
}

test('what is no range is refused', () => {
  for (const range of ['10.0.0.0/33', 'proxy.example', '10.0.0.0/x', '::1/129']) {
    assert.throws(() => clientAddress([range]), /not a range/);
  }
});
