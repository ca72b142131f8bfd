/** Connections of one address: refused, typed, before anything is read; each that closes makes room. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { openStubDoor } from '../doors/stub-backend.ts';
import { assert, suite } from '../harness.ts';

const test = suite('connection limit', { limitMs: 20_000 });

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What the door says on a connection until it closes it; asked by a request, where one is to be sent. */
async function answerOn(socket: Socket, isAsked = true): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const closed = once(socket, 'close');
  if (isAsked) socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  await closed;
  return text;
}

test('an address at its limit gets 429; a connection that closes makes room', async () => {
  const refused: string[] = [];
  const { door, port } = await openStubDoor({
    connections: {
      addressMaxCount: 2,
      limitLoopback: true,
      onRefused: (address) => void refused.push(address),
    },
  });
  const held = [await open(port), await open(port)];
  for (let count = 0; count < 3; count += 1) {
    const text = await answerOn(await open(port), false);
    assert.match(text, /^HTTP\/1\.1 429 [^]*retry-after: 5\r\n[^]*"code":"rate_limited"/);
  }
  assert.equal(refused, ['127.0.0.1'], 'told once');
  assert.match(await answerOn(held[0]!), /^HTTP\/1\.1 200 /);
  // The door learns of the close a moment after the client.
  while (!(await answerOn(await open(port))).startsWith('HTTP/1.1 200')) continue;
  held[1]!.destroy();
  await door.close(100);
});

test('this machine and trusted proxies are not counted', async () => {
  for (const options of [
    { connections: { addressMaxCount: 1, limitLoopback: false } },
    { connections: { addressMaxCount: 1, limitLoopback: true }, trustedProxies: ['127.0.0.0/8'] },
  ]) {
    const { door, port } = await openStubDoor(options);
    const held = await open(port);
    assert.match(await answerOn(await open(port)), /^HTTP\/1\.1 200 /);
    held.destroy();
    await door.close(100);
  }
});
