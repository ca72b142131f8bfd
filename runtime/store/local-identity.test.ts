import { assert, suite } from '../../test/harness.ts';
import { assertFails } from '../../test/conformance/fixture.ts';
import { isLoopback, localIdentity } from './local-identity.ts';
import { localPlacement } from './local-placement.ts';

const test = suite('local identity and placement');

test('the embedding host, the CLI and loopback are the principal `local` of the tenant `local`', async () => {
  for (const credentials of [
    { door: 'embedded' },
    { door: 'cli' },
    { door: 'http', remoteAddress: '127.0.0.1' },
    { door: 'grpc', remoteAddress: '::1' },
    { door: 'http', remoteAddress: '::ffff:127.8.9.10' },
  ] as const) {
    const principal = await localIdentity.authenticate(credentials);
    assert.is(principal.id, 'local');
    assert.is(principal.tenant, 'local');
    assert.ok(principal.scopes.includes('decision:submit'));
  }
});

test('everyone else is unauthenticated, also with a credential that nothing could check', async () => {
  for (const credentials of [
    { door: 'http' },
    { door: 'nats' },
    { door: 'http', remoteAddress: '10.0.0.1' },
    { door: 'http', remoteAddress: '::ffff:10.0.0.1' },
    { door: 'http', remoteAddress: '127.0.0.1', bearerToken: 'x' },
    { door: 'embedded', apiKey: '' },
    { door: 'grpc', remoteAddress: '::1', certificateDigest: 'ab' },
  ] as const)
    await assertFails(() => localIdentity.authenticate(credentials), 'unauthenticated');
});

test('names that only look like loopback are not', () => {
  for (const address of [
    '',
    'localhost',
    '127.0.0.1.evil.example',
    '127.0.0',
    '127.0.0.256',
    '1127.0.0.1',
    '::2',
    '127.0.0.1 ',
  ]) {
    assert.not(isLoopback(address), address);
  }
});

test('one node owns every entity for ever', async () => {
  const placement = localPlacement('n1');
  const place = await placement.locate('session', 'd1');
  assert.is(place.node, 'n1');
  assert.ok(place.local && place.fence.isHeld());
  assert.is((await placement.locate('seat', 'x')).fence.generation, place.fence.generation);
  placement.onLost('session', () => assert.unreachable('nothing is ever lost'))();
});
