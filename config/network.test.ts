import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { assert, suite } from '../test/harness.ts';
import { isLoopback, isWithin, networkOf, parseAddress, parseNetwork } from './network.ts';

const test = suite('networks');

test('loopback is this machine and no name that only looks like it', () => {
  for (const own of ['127.0.0.1', '::1', '::ffff:127.8.9.10', '127.255.255.255']) assert.ok(isLoopback(own));
  for (const other of [
    undefined,
    '',
    'localhost',
    '127.0.0.1.evil.example',
    '127.0.0',
    '127.0.0.256',
    '1127.0.0.1',
    '::2',
    '127.0.0.1 ',
    '::ffff:10.0.0.1',
    '10.0.0.1',
    '::',
  ]) {
    assert.not(isLoopback(other), String(other));
  }
});

test('an address lies in a network exactly when the platform says so', () => {
  const v4 = fc.ipV4();
  const v6 = fc.ipV6();
  const pair = fc.oneof(
    fc.tuple(v4, v4, fc.integer({ min: 0, max: 32 })),
    fc.tuple(v6, v6, fc.integer({ min: 0, max: 128 })),
  );
  fc.assert(
    fc.property(pair, fc.boolean(), ([address, start, bits], same) => {
      const inside = same ? start : address;
      const family = isIP(start) === 4 ? 'ipv4' : 'ipv6';
      const list = new BlockList();
      list.addSubnet(start, bits, family);
      const network = parseNetwork(`${start}/${bits}`)!;
      assert.is(isWithin(parseAddress(inside)!, network), list.check(inside, family));
    }),
  );
});

test('what is no network is none', () => {
  for (const text of ['', 'x', '10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.0/8/8', '10.0.0.0/-1', '/8']) {
    assert.is(parseNetwork(text), undefined, text);
  }
  assert.is(parseNetwork('10.1.2.3')!.bitCount, 128);
});

test('the network of an address keeps its leading bits alone', () => {
  assert.is(networkOf('203.0.113.77', { v4: 24, v6: 48 }), '203.0.113.0/24');
  assert.is(networkOf('::ffff:203.0.113.77', { v4: 32, v6: 64 }), '203.0.113.77/32');
  assert.is(networkOf('2001:db8:1:2:3:4:5:6', { v4: 24, v6: 48 }), '2001:db8:1:0:0:0:0:0/48');
  assert.is(networkOf('fe80::1%eth0', { v4: 32, v6: 64 }), 'fe80:0:0:0:0:0:0:0/64');
  assert.is(networkOf('nonsense', { v4: 24, v6: 48 }), 'unknown');
});
