import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WitanError } from '../../contracts/errors.ts';
import { connectChain } from '../../runtime/host/chain/connect-chain.ts';
import { assert, suite } from '../harness.ts';

const test = suite('connection to a chain');

/** A server that answers everything with one body. */
async function answering(body: string, status = 200): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-key`, server };
}

async function failure(work: Promise<unknown>): Promise<WitanError> {
  return work.then(
    () => assert.unreachable('it connected') as never,
    (error: WitanError) => error,
  );
}

test('nobody there is a typed error, at once, without the address in it', async () => {
  const { url, server } = await answering('');
  server.close();
  await once(server, 'close');
  const error = await failure(connectChain({ url }));
  assert.is(error.code, 'unavailable');
  assert.not.match(JSON.stringify(error), 'secret-key');
});

test('an answer that is no chain’s is a typed error', async () => {
  for (const [body, status] of [
    ['<html>', 200],
    ['{"result":"0x"}', 200],
    ['{"error":{}}', 200],
    ['{}', 403],
  ] as const) {
    const { url, server } = await answering(body, status);
    const error = await failure(connectChain({ url }));
    server.close();
    assert.is(error.code, 'unavailable', body);
    assert.not.match(JSON.stringify(error), 'secret-key');
  }
});

test('another chain than the expected one is a conflict', async () => {
  const { url, server } = await answering('{"jsonrpc":"2.0","id":1,"result":"0x7a69"}');
  const error = await failure(connectChain({ url, chainId: 1 }));
  assert.is(error.code, 'conflict');
  const provider = await connectChain({ url, chainId: 31_337 });
  assert.is((await provider.getNetwork()).chainId, 31_337n);
  provider.destroy();
  server.close();
});
