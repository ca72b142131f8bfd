/** The client over each transport, against real doors with a hand-driven backend behind them. */
import { connect } from '../../transport/client/index.ts';
import { openGrpcDoor } from '../doors/grpc-door.ts';
import { openDoorFixture, TEST_KEY } from '../doors/nats-fixtures.ts';
import { openStubDoor } from '../doors/stub-backend.ts';
import { NATS_MISSING } from '../nats-server.ts';
import { suite } from '../harness.ts';
import { clientConformance } from './client.ts';

const retry = { minMs: 1, maxMs: 5 };

clientConformance('HTTP', async () => {
  const { backend, door, url } = await openStubDoor();
  const proxied: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('x-forwarded-for', '203.0.113.9');
    return fetch(input, { ...init, headers });
  };
  const client = await connect({ http: url, retry });
  const stranger = await connect({ http: url, fetch: proxied, retry });
  return { client, stranger, backend, end: async () => (await client.close(), door.close(100)) };
});

clientConformance(
  'gRPC',
  async () => {
    const { backend, door, target } = await openGrpcDoor();
    const client = await connect({ grpc: target, retry });
    return { client, backend, end: async () => (await client.close(), door.close(100)) };
  },
  { withoutHealth: true },
);

if (NATS_MISSING) {
  suite('client over NATS').skip('everything', NATS_MISSING);
} else {
  clientConformance('NATS', async () => {
    const { server, backend, end } = await openDoorFixture();
    const client = await connect({ nats: server.url, apiKey: TEST_KEY, retry });
    const stranger = await connect({ nats: server.url, retry });
    return {
      client,
      stranger,
      backend,
      end: async () => (await client.close(), await stranger.close(), end()),
    };
  });
}
