/** Every stream of every door of a whole node ends with the key that opened it, typed, and no other does. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Agents } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { Operator } from '../../contracts/proto/gen/witan/v1/operator_service_pb.ts';
import { Metadata } from '@grpc/grpc-js';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { WitanError } from '../../contracts/errors.ts';
import type { MadeApiKey } from '../../contracts/messages/identity/keys.ts';
import { readServerEvents } from '../../apps/cli/event-reader.ts';
import { NodeClient } from '../../apps/cli/node-client.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { connect } from '../../transport/client/index.ts';
import type { ConnectOptions } from '../../transport/client/index.ts';
import { GrpcTestClient, reading } from '../doors/grpc-client.ts';
import { RawNats } from '../doors/raw-nats.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';

const test = suite('streams end with their key', { limitMs: 180_000 });
const SCOPES = ['decision:read', 'decision:submit', 'operator:read', 'agent:serve'];

let host: Host;
let nats: NatsServer | undefined;
let grpc: GrpcTestClient;
let raw: RawNats | undefined;

test.before(async () => {
  nats = NATS_MISSING ? undefined : await startNats({ jetStream: false });
  host = await createHost({
    dataDir: null,
    settings: {
      http: { port: 0 },
      grpc: { port: 0 },
      nats: { url: nats?.url ?? '' },
      admission: { keyRequestMaxCount: 10_000, callerStreamMaxCount: 20 },
    },
  });
  await host.start();
  grpc = new GrpcTestClient(host.grpcAddress!.target);
  raw = nats && (await RawNats.connect(nats.port));
});
test.after(async () => {
  grpc.close();
  raw?.close();
  await host.stop({ graceMs: 200 });
  await nats?.end();
});

async function post<T>(path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return (await (await fetch(host.address!.url + path, init)).json()) as T;
}

const makeKey = (): Promise<MadeApiKey> => post('/api/v1/keys', { tenant: 'acme', scopes: SCOPES });
const revoke = (id: string): Promise<unknown> => post(`/api/v1/keys/${id}/revoke`, { reason: 'test' });

/** Values of a metric, added up. */
async function sumOf(metric: string): Promise<number> {
  const lines = (await host.inspect.metrics()).split('\n').filter((line) => line.startsWith(`${metric}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function untilOpen(count: number): Promise<void> {
  while ((await sumOf('witan_open_streams')) !== count) await new Promise(setImmediate);
}

async function events(path: string, apiKey: string): Promise<{ ended: Promise<string> }> {
  const response = await fetch(host.address!.url + path, { headers: { 'x-api-key': apiKey } });
  assert.is(response.status, 200);
  const ended = async (): Promise<string> => {
    let last = 'nothing';
    for await (const { name, data } of readServerEvents(
      response.body as unknown as AsyncIterable<Uint8Array>,
    )) {
      last = name === 'error' ? (JSON.parse(data) as { error: { code: string } }).error.code : name;
    }
    return last;
  };
  return { ended: ended() };
}

async function webSocket(apiKey: string): Promise<{ ended: Promise<string> }> {
  const url = `${host.address!.url.replace('http', 'ws')}/api/v1/live`;
  const socket = new WebSocket(url, { headers: { 'x-api-key': apiKey } });
  const said: { type: string; error?: { code: string } }[] = [];
  socket.on('message', (data: Buffer) => said.push(JSON.parse(data.toString())));
  await once(socket, 'message');
  socket.send(JSON.stringify({ type: 'subscribe' }));
  const ended = once(socket, 'close').then(
    ([code, reason]) => `${said.at(-1)!.error?.code} ${code as number} ${String(reason)}`,
  );
  return { ended };
}

async function overGrpc(stream: unknown): Promise<{ ended: Promise<string> }> {
  const { ended } = reading(stream as ClientReadableStream<unknown>);
  return { ended: ended.then((failure) => `${failure?.status} ${failure?.code} ${failure?.error?.code}`) };
}

async function overNats(operation: string, apiKey: string): Promise<{ ended: Promise<string> }> {
  const inbox = `_INBOX.${operation}.${apiKey.slice(6, 22)}`;
  const subscription = raw!.subscribe(inbox);
  const headers = { 'Witan-Api-Key': apiKey };
  raw!.publish(`witan.v1.${operation}`, { credit: 100 }, { replyTo: inbox, headers });
  assert.is((await subscription.next()).headers['witan-frame'], 'open');
  const ended = async (): Promise<string> => {
    for (;;) {
      const message = await subscription.next(30_000);
      if (message.headers['witan-frame'] !== 'end') continue;
      const { error } = JSON.parse(message.data.toString()) as { error?: { code: string } };
      return `${message.headers['nats-service-error-code']} ${error?.code}`;
    }
  };
  return { ended: ended() };
}

function healthWatch(apiKey: string): unknown {
  const metadata = new Metadata();
  metadata.set('x-api-key', apiKey);
  const bytes = (value: Uint8Array): Buffer => Buffer.from(value);
  const path = '/grpc.health.v1.Health/Watch';
  return grpc.raw.makeServerStreamRequest(path, bytes, bytes, Buffer.alloc(0), metadata);
}

const GRPC = '16 unauthenticated unauthenticated';

/** Each kind of stream: how it is opened, and how it is to end. */
const STREAMS: Record<string, [(apiKey: string) => Promise<{ ended: Promise<string> }>, string]> = {
  'http events': [(key) => events('/api/v1/events', key), 'unauthenticated'],
  'http tree': [(key) => events('/api/v1/tree/events', key), 'unauthenticated'],
  'http live': [webSocket, 'unauthenticated 4401 unauthenticated'],
  'grpc watch': [(key) => overGrpc(grpc.serverStream(Council.method.watch, {}, with_(key))), GRPC],
  'grpc evaluate': [(key) => overGrpc(grpc.bothStream(Council.method.evaluateStream, with_(key))), GRPC],
  'grpc tree': [(key) => overGrpc(grpc.serverStream(Operator.method.watchTree, {}, with_(key))), GRPC],
  'grpc agents': [(key) => overGrpc(grpc.bothStream(Agents.method.serve, with_(key))), GRPC],
  ...(NATS_MISSING === undefined && {
    'nats follow': [(key: string) => overNats('decision.follow-all', key), '401 unauthenticated'],
    'nats tree': [(key: string) => overNats('actor.watch', key), '401 unauthenticated'],
  }),
};

function with_(apiKey: string): { metadata: Record<string, string> } {
  return { metadata: { 'x-api-key': apiKey } };
}

test('a revoked key ends its streams at every door, with its error, and no other key’s', async () => {
  const [red, blue] = [await makeKey(), await makeKey()];
  const opened: [string, { ended: Promise<string> }][] = [];
  const others: Promise<string>[] = [];
  for (const [name, [open]] of Object.entries(STREAMS)) {
    opened.push([name, await open(red.key)]);
    others.push((await open(blue.key)).ended.then((how) => `${name}: ${how}`));
  }
  const health = (await overGrpc(healthWatch(red.key))).ended;
  await untilOpen(2 * opened.length);
  assert.is(await sumOf('active_websocket_connections'), 2);
  await revoke(red.id);
  for (const [name, { ended }] of opened) assert.is(await ended, STREAMS[name]![1], name);
  assert.is(await health, GRPC);
  assert.is(await Promise.race([...others, untilOpen(opened.length).then(() => 'open')]), 'open');
  assert.is(await sumOf('active_websocket_connections'), 1);
  await revoke(blue.id);
  await Promise.all(others);
  await untilOpen(0);
  while ((await sumOf('active_websocket_connections')) !== 0) await new Promise(setImmediate);
});

test('the client and the command line tell of it as an error and do not come back for ever', async () => {
  const { key, id } = await makeKey();
  const doors: ConnectOptions[] = [{ http: host.address!.url }, { grpc: host.grpcAddress!.target }];
  if (nats) doors.push({ nats: nats.url });
  const clients = await Promise.all(doors.map((door) => connect({ ...door, apiKey: key })));
  const follow = async (items: AsyncIterable<unknown>): Promise<string> => {
    try {
      for await (const _ of items) continue;
      return 'ended well';
    } catch (error) {
      return (error as WitanError).code;
    }
  };
  const ends = clients.map((client) => follow(client.watch(null)));
  const cli = new NodeClient({ url: host.address!.url, apiKey: key });
  ends.push(follow(cli.follow()));
  await untilOpen(ends.length);
  await revoke(id);
  assert.equal(new Set(await Promise.all(ends)), new Set(['unauthenticated']));
  await Promise.all(clients.map((client) => client.close()));
});

test('one caller holds so many streams; one more is refused, typed, at each door, and recorded', async () => {
  const { key, id } = await makeKey();
  const sockets: WebSocket[] = [];
  for (let count = 0; count < 20; count += 1) {
    const url = `${host.address!.url.replace('http', 'ws')}/api/v1/live`;
    const socket = new WebSocket(url, { headers: { 'x-api-key': key } });
    sockets.push(socket);
    await once(socket, 'open');
  }
  const response = await fetch(`${host.address!.url}/api/v1/events`, { headers: { 'x-api-key': key } });
  const { error } = (await response.json()) as { error: { code: string; details: object } };
  assert.equal([response.status, error.code], [429, 'rate_limited']);
  assert.equal(error.details, { retryAfterMs: 5_000, limit: 20, holder: 'caller' });
  const refused = reading(grpc.serverStream(Council.method.watch, {}, with_(key)));
  assert.is((await refused.ended)?.code, 'rate_limited');
  sockets[0]!.close();
  await once(sockets[0]!, 'close');
  await untilOpen(19);
  const again = await events('/api/v1/events', key);
  await revoke(id);
  assert.is(await again.ended, 'unauthenticated');
  await untilOpen(0);
});
