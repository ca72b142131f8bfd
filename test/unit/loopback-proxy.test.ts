/** What the proxy of the fault tests does to connections, in each direction. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { assert, suite } from '../harness.ts';
import { startProxy } from '../loopback-proxy.ts';
import type { LoopbackProxy } from '../loopback-proxy.ts';

const test = suite('loopback proxy', { limitMs: 10_000 });

interface Rig {
  readonly proxy: LoopbackProxy;
  readonly client: Socket;
  /** Server's side of that connection. */
  readonly server: Socket;
  open(): Promise<{ client: Socket; server: Socket }>;
}

async function withRig(body: (rig: Rig) => Promise<void>): Promise<void> {
  const listener = createServer({ allowHalfOpen: true });
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  const proxy = await startProxy((listener.address() as AddressInfo).port);
  const sockets: Socket[] = [];
  const open = async (): Promise<{ client: Socket; server: Socket }> => {
    const accepted = once(listener, 'connection');
    const client = connect(proxy.port, '127.0.0.1');
    const [server] = (await accepted) as [Socket];
    sockets.push(client, server);
    for (const socket of [client, server]) socket.on('error', () => undefined);
    return { client, server };
  };
  try {
    await body({ proxy, open, ...(await open()) });
  } finally {
    await proxy.end();
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => listener.close(done));
  }
}

const data = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);

test('passes bytes both ways and counts them', () =>
  withRig(async ({ proxy, client, server }) => {
    client.write('ping');
    assert.is(await data(server), 'ping');
    server.write('answer');
    assert.is(await data(client), 'answer');
    assert.is(proxy.passedBytes('up'), 4);
    assert.is(proxy.passedBytes('down'), 6);
    assert.is(proxy.connectionCount, 1);
    client.end();
    await once(server.resume(), 'end');
  }));

test('a stalled direction holds what it was given; the other goes on', () =>
  withRig(async ({ proxy, client, server }) => {
    proxy.stall('down');
    server.write('held');
    client.write('through');
    assert.is(await data(server), 'through');
    assert.is(proxy.passedBytes('down'), 0);
    const held = data(client);
    proxy.heal();
    assert.is(await held, 'held');
  }));

test('a delayed direction gives everything later, in order', () =>
  withRig(async ({ proxy, client, server }) => {
    proxy.delay(60, 'up');
    const sentMs = performance.now();
    client.write('a');
    client.write('b');
    let text = '';
    while (text.length < 2) text += await data(server);
    assert.is(text, 'ab');
    assert.ok(performance.now() - sentMs >= 55);
  }));

test('cut ends connections and refuses new ones until it is healed', () =>
  withRig(async ({ proxy, client, server, open }) => {
    const ended = Promise.all([client, server].map((socket) => once(socket.resume(), 'end')));
    proxy.cut();
    await ended;
    const refused = connect(proxy.port, '127.0.0.1');
    refused.on('error', () => undefined);
    await new Promise((closed) => refused.once('close', closed));
    proxy.heal();
    const again = await open();
    again.client.write('back');
    assert.is(await data(again.server), 'back');
  }));

test('reset is seen as one, and new connections are taken', () =>
  withRig(async ({ proxy, client, open }) => {
    const error = once(client, 'error');
    proxy.reset();
    assert.is(((await error)[0] as NodeJS.ErrnoException).code, 'ECONNRESET');
    const again = await open();
    again.server.write('new');
    assert.is(await data(again.client), 'new');
  }));

test('a receiver that takes nothing is felt by the sender, and nothing is lost', () =>
  withRig(async ({ proxy, client, server }) => {
    proxy.stall('up');
    const size = 24 * 1_048_576;
    const isTaken = client.write(Buffer.alloc(size, 7));
    assert.not(isTaken);
    await new Promise((done) => setImmediate(done));
    proxy.heal();
    let count = 0;
    for await (const chunk of server) {
      count += (chunk as Buffer).byteLength;
      if (count === size) break;
    }
    assert.is(count, size);
  }));
