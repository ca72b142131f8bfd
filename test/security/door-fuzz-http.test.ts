/** 10,000 damaged messages at the HTTP door, and 10,000 at the live socket: bodies, addresses, raw bytes. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { assert, suite } from '../harness.ts';
import { AttackedNode, heapBytes } from './doors/attacked-node.ts';
import { codeIn, httpHeaders } from './doors/callers.ts';
import { Mutator, SEED, together } from './doors/mutator.ts';

const test = suite(`doors: HTTP and live socket, SEED=${SEED}`, { limitMs: 85_000 });
const HEAP_BOUND = 48 * 1_048_576;
const ID = `d${'0'.repeat(32)}`;

let node: AttackedNode;
test.before(async () => {
  node = await AttackedNode.start();
  await node.assertHealthy();
});
test.after(() => node.end());

/** Calls that a node understands; what is damaged is one of them. */
const CORPUS: readonly (readonly [method: string, path: string, body?: object])[] = [
  [
    'POST',
    '/api/v1/decisions/evaluate',
    {
      type: 'chat',
      text: 'Hello',
      messages: [{ role: 'user', content: 'Hello' }],
      claims: [{ text: 'water is wet', evidence: ['it is'] }],
      context: { a: { b: [1, 2, 3] } },
      idempotencyKey: 'k',
      risk_level: 'low',
      deadlineMs: 5_000,
    },
  ],
  ['GET', `/api/v1/decisions/${ID}`],
  ['GET', `/api/v1/decisions/${ID}/proof`],
  ['GET', `/api/v1/decisions/${ID}/events?after=1`],
  ['GET', '/api/v1/decisions?limit=5&cursor=abc&outcome=held&type=chat'],
  ['GET', '/api/v1/agents/privacy/activity?limit=1'],
  ['POST', `/api/v1/decisions/${ID}/resolution`, { action: 'approve', reason: 'because' }],
  ['POST', '/api/v1/keys', { scopes: ['nothing'], label: 'a label', lifeDays: 1 }],
  ['POST', `/api/v1/keys/${'0'.repeat(16)}/rotate`, { graceMs: 10 }],
  ['POST', `/api/v1/keys/${'0'.repeat(16)}/revoke`, { reason: 'lost' }],
  ['POST', '/api/v1/bootstrap', { token: 'guess' }],
  ['GET', '/api/v1/actors/nowhere/at/all'],
  ['POST', '/api/v1/actors/nowhere/at/all/pause'],
  ['POST', '/api/v1/diagnosis', { path: '/nowhere/at/all', message: { type: 'ping' } }],
  ['POST', '/auth/password', { name: 'alice', password: 'guess' }],
  ['GET', '/auth/login?provider=x&returnTo=%2F'],
  ['GET', '/auth/callback?code=x&state=y'],
  ['POST', '/api/v1/users', { name: 'bob', roles: ['nobody'] }],
];

function request([method, path, body]: readonly [string, string, string?], headers: object = {}): Buffer {
  const given = {
    host: '127.0.0.1',
    'content-type': 'application/json',
    ...httpHeaders({ apiKey: node.key('red') }),
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(given).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
}

/** One line to the door over which whole answers come back; a closed one is opened again. */
class Line {
  #socket: Socket | undefined;

  /** The first answer, or nothing where the door just closes. A stream counts by its head. */
  ask(bytes: Buffer, isWhole: boolean): Promise<string> {
    const socket = (this.#socket ??= this.#open());
    return new Promise((resolve) => {
      let text = '';
      const end = (isOver: boolean): void => {
        socket.removeAllListeners('data');
        socket.removeAllListeners('close');
        if (isOver || !isWhole) {
          socket.destroy();
          this.#socket = undefined;
        }
        resolve(text);
      };
      socket.on('close', () => end(true));
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const head = text.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = /content-length: (\d+)/i.exec(text.slice(0, head))?.[1];
        if (length === undefined) return end(true);
        if (text.length >= head + 4 + Number(length)) end(/connection: close/i.test(text.slice(0, head)));
      });
      socket.write(bytes);
      // Half a request would wait for its rest.
      if (!isWhole) socket.end();
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const { port } = node.host.address!;
    return connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
  }
}

function assertTyped(text: string, sent: Buffer): string {
  node.assertSaysNothing(text);
  if (text === '') return 'closed';
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
  if (status < 400) return String(status);
  const head = text.indexOf('\r\n\r\n') + 4;
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
  const code = codeIn(text.slice(head, head + length));
  if (['untyped', 'internal', 'crashed'].includes(code))
    assert.unreachable(
      `${code}: ${text.slice(0, 600)} for ${JSON.stringify(sent.toString('latin1').slice(0, 900))}`,
    );
  return code;
}

test('HTTP: each damaged request is answered by a code of ours, and memory stays', async () => {
  const before = heapBytes();
  const codes = new Map<string, number>();
  const lines = Array.from({ length: 24 }, () => new Line());
  const free = [...lines];
  await together(10_000, lines.length, async (at) => {
    const mutator = new Mutator(SEED + at);
    const [method, path, body] = mutator.pick(CORPUS);
    const line = free.pop()!;
    let bytes: Buffer;
    const isWhole = mutator.below(10) < 7;
    if (isWhole) {
      const place = body === undefined || mutator.below(5) === 0 ? damagedPath(mutator, path) : path;
      bytes = request([method, place, body && mutator.json(body)]);
    } else {
      bytes = mutator.bytes(request([method, path, body && JSON.stringify(body)]));
    }
    const code = assertTyped(await line.ask(bytes, isWhole), bytes);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    free.push(line);
  });
  for (const line of lines) line.close();
  assert.ok((codes.get('invalid_argument') ?? 0) > 500, JSON.stringify([...codes]));
  await node.assertHealthy();
  const grown = heapBytes() - before;
  assert.ok(grown < HEAP_BOUND, `${grown} bytes more`);
});

/** Stays one line without blanks: what breaks the frame of a request is left to damaged bytes. */
function damagedPath(mutator: Mutator, path: string): string {
  const text = mutator.bytes(Buffer.from(path)).toString('latin1');
  const safe = text.replaceAll(
    /[^!-~]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `/${safe.replace(/^\/+/, '')}`;
}

const ASKED = [
  { type: 'subscribe', decisionId: ID, since: 1, feed: 'a-1' },
  { type: 'subscribe' },
  { type: 'unsubscribe', feed: 'a-1' },
];

test('live socket: damaged messages and frames end at most their own connection', async () => {
  const before = heapBytes();
  const codes = new Map<string, number>();
  const count = (code: string): void => void codes.set(code, (codes.get(code) ?? 0) + 1);
  // A connection may say a hundred things in ten seconds: each says ninety.
  await together(112, 16, async (at) => {
    const mutator = new Mutator(SEED - at);
    const url = `${node.url.replace('http', 'ws')}/api/v1/live`;
    const socket = new WebSocket(url, { headers: httpHeaders({ apiKey: node.key('red') }) });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      node.assertSaysNothing(text);
      const { type } = JSON.parse(text) as { type: string };
      const code = type === 'error' ? codeIn(text) : type;
      if (['untyped', 'internal', 'crashed'].includes(code)) assert.unreachable(text.slice(0, 500));
      count(code);
    });
    await new Promise((resolve) => socket.once('open', resolve));
    for (let said = 0; said < 90; said += 1) {
      const text = mutator.json(mutator.pick(ASKED));
      // One that is too long ends the connection, and with it what comes after.
      socket.send(text.length > 4_000 ? '{' : text);
    }
    const heard = new Promise((resolve) => socket.once('pong', resolve));
    socket.ping();
    await heard;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    // The last thing is no frame of the protocol, unless its damage made it one.
    const raw = (socket as unknown as { _socket: Socket })._socket;
    raw.write(mutator.bytes(Buffer.from([0x81, 0x85, 1, 2, 3, 4, 9, 9, 9, 9, 9])));
    socket.close();
    raw.end();
    await closed;
  });
  assert.ok((codes.get('invalid_argument') ?? 0) > 500, JSON.stringify([...codes]));
  await node.assertHealthy();
  const grown = heapBytes() - before;
  assert.ok(grown < HEAP_BOUND, `${grown} bytes more`);
});
