/** The live WebSocket over real sockets: snapshot, resume, refusals, and viewers that stop reading. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { WitanError } from '../../contracts/errors.ts';
import { LiveMessage } from '../../contracts/messages/door/live.ts';
import type { GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import { createLiveDoor } from '../../transport/ws/index.ts';
import type { LiveDoor, LiveDoorOptions } from '../../transport/ws/index.ts';
import {
  ballotEvents,
  openingEvents,
  SCRIPT_SEATS,
  scriptedId,
  scriptedVerdict,
} from '../doors/scripted-council.ts';
import { loopbackGate, openStubDoor } from '../doors/stub-backend.ts';
import type { StubBackend, TestGate } from '../doors/stub-backend.ts';
import { assert, suite } from '../harness.ts';

const test = suite('ws-live', { limitMs: 20_000 });

interface Opened {
  backend: StubBackend;
  gate: TestGate;
  live: LiveDoor;
  port: number;
  close(): Promise<void>;
}

async function open(options: Partial<LiveDoorOptions> = {}): Promise<Opened> {
  const gate = loopbackGate();
  let live: LiveDoor | undefined;
  const { backend, door, port } = await openStubDoor({
    gate,
    onUpgrade: (request, socket, head) => live!.upgrade(request, socket, head),
  });
  live = createLiveDoor({ backend, gate, ...options });
  return {
    backend,
    gate,
    live,
    port,
    close: () => {
      live.close();
      return door.close(200);
    },
  };
}

const shared = await open();
test.after(() => shared.close());

/** A client whose messages are parsed and handed out in order. */
class Viewer {
  readonly socket: WebSocket;
  readonly #messages: LiveMessage[] = [];
  #onMessage: () => void = () => undefined;

  constructor(port: number, protocols: string[] = [], headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, protocols, { headers });
    this.socket.on('message', (data: Buffer) => {
      this.#messages.push(LiveMessage.parse(JSON.parse(data.toString())));
      this.#onMessage();
    });
  }

  static async connect(port: number, protocols: string[] = []): Promise<Viewer> {
    const viewer = new Viewer(port, protocols);
    await viewer.next('hello');
    return viewer;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  async next<T extends LiveMessage['type']>(type: T): Promise<Extract<LiveMessage, { type: T }>> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#onMessage = resolve));
    const message = this.#messages.shift()!;
    assert.is(message.type, type, JSON.stringify(message).slice(0, 300));
    return message as Extract<LiveMessage, { type: T }>;
  }

  /** Messages that came and were not asked for. */
  get waitingCount(): number {
    return this.#messages.length;
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

test('a decision is shown from a snapshot on, and gone on with after a break', async () => {
  const { backend, port } = shared;
  const id = scriptedId(1);
  backend.publish(id, ...openingEvents(), ...ballotEvents(id, 1), ...ballotEvents(id, 2));
  const viewer = await Viewer.connect(port, ['witan.v1']);
  assert.is(viewer.socket.protocol, 'witan.v1');
  viewer.send({ type: 'subscribe', decisionId: id });
  const snapshot = await viewer.next('snapshot');
  assert.equal([snapshot.sequence, snapshot.decisionId, snapshot.events.length], [8, id, 7]);
  backend.publish(id, ...ballotEvents(id, 3));
  const { from, to } = await viewer.next('events');
  assert.equal([from, to], [9, 10]);
  await viewer.close();
  backend.publish(id, { type: 'final', verdict: scriptedVerdict(id) });
  const again = await Viewer.connect(port);
  again.send({ type: 'subscribe', decisionId: id, since: to, feed: snapshot.feed });
  assert.is((await again.next('resumed')).sequence, 10);
  const rest = await again.next('events');
  assert.equal([rest.from, rest.to, rest.events[0]!.type], [11, 11, 'final']);
  again.send({ type: 'unsubscribe', feed: rest.feed });
  assert.is((await again.next('end')).reason, 'unsubscribed');
  await again.close();
});

test('events that come together go out together, at most twenty frames a second', async () => {
  const { backend, port } = shared;
  const id = scriptedId(2);
  backend.publish(id, ...openingEvents());
  const viewer = await Viewer.connect(port);
  viewer.send({ type: 'subscribe', decisionId: id });
  await viewer.next('snapshot');
  const started = performance.now();
  let frameCount = 0;
  let to = 0;
  const seat = SCRIPT_SEATS[0]!;
  const timer = setInterval(() => backend.publish(id, { type: 'seat-restarted', seat, restarts: 1 }), 2);
  while (performance.now() - started < 600) {
    const frame = await viewer.next('events');
    if (to > 0) assert.is(frame.from, to + 1);
    to = frame.to;
    frameCount += 1;
  }
  clearInterval(timer);
  const elapsedMs = performance.now() - started;
  assert.ok(frameCount <= Math.ceil(elapsedMs / 50) + 1, `${frameCount} frames in ${elapsedMs} ms`);
  assert.ok(to > frameCount, 'frames hold several events');
  await viewer.close();
});

test('a tenant is shown by its decisions, then their events', async () => {
  const { backend, port } = shared;
  const viewer = await Viewer.connect(port);
  viewer.send({ type: 'subscribe' });
  assert.is((await viewer.next('snapshot')).decisionId, null);
  const id = scriptedId(3);
  backend.publish(id, ...openingEvents('chat'));
  assert.is((await viewer.next('events')).events[0]!.decisionId, id);
  const second = await Viewer.connect(port);
  second.send({ type: 'subscribe' });
  const { decisions } = await second.next('snapshot');
  assert.equal(
    decisions.map((one) => [one.decisionId, one.decisionType, one.sequence]),
    [[id, 'chat', 4]],
  );
  await viewer.close();
  await second.close();
});

test('a recorded decision comes whole and ends; an unknown one is an error and the socket stays', async () => {
  const { backend, port } = shared;
  const id = scriptedId(4);
  backend.views.set(id, {
    decisionId: id,
    state: 'final',
    type: 'loan',
    request: { type: 'loan', text: 'x' },
    sessionDigest: '',
    submittedBy: 'local',
    openedAt: '2026-11-05T10:00:00.000Z',
    verdict: scriptedVerdict(id),
    record: { logId: 'x', openedIndex: 0, finalIndex: 1, state: 'checkpointed' },
    resolutions: [],
  });
  const viewer = await Viewer.connect(port);
  viewer.send({ type: 'subscribe', decisionId: scriptedId(999) });
  const { decisionId, error } = await viewer.next('error');
  assert.equal([decisionId, error.code], [scriptedId(999), 'not_found']);
  viewer.send({ type: 'subscribe', decisionId: id });
  const { view, sequence } = await viewer.next('snapshot');
  assert.equal([view?.state, sequence], ['final', 0]);
  assert.is((await viewer.next('end')).reason, 'complete');
  await viewer.close();
});

for (const [name, message] of [
  ['no JSON', '{'],
  ['an unknown type', '{"type":"shout"}'],
  ['an unknown field', '{"type":"subscribe","tenant":"other"}'],
  ['a bad id', '{"type":"subscribe","decisionId":"d1"}'],
  ['deep nesting', '{"type":[[[[1]]]]}'],
] as const) {
  test(`a message with ${name} is answered with a typed error`, async () => {
    const viewer = await Viewer.connect(shared.port);
    viewer.socket.send(message);
    const { error } = await viewer.next('error');
    assert.ok(
      ['bad_encoding', 'invalid_argument', 'unknown_field', 'too_deep'].includes(error.code),
      error.code,
    );
    await viewer.close();
  });
}

for (const [name, send, code] of [
  ['too large', (socket: WebSocket) => socket.send('x'.repeat(5_000)), 1009],
  ['binary', (socket: WebSocket) => socket.send(Buffer.from('{}')), 1003],
  [
    'one too many',
    (socket: WebSocket) => {
      for (let n = 0; n < 101; n += 1) socket.send('{"type":"unsubscribe","feed":"x"}');
    },
    1008,
  ],
] as const) {
  test(`a message that is ${name} ends the connection with ${code}`, async () => {
    const viewer = await Viewer.connect(shared.port);
    send(viewer.socket);
    const [closed] = (await once(viewer.socket, 'close')) as [number];
    assert.is(closed, code);
  });
}

function refusal(
  port: number,
  options: { protocols?: string[]; headers?: Record<string, string>; path?: string } = {},
): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${port}${options.path ?? '/api/v1/live'}`,
      options.protocols ?? [],
      { headers: options.headers ?? {} },
    );
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          code: (JSON.parse(text) as { error: { code: string } }).error.code,
        }),
      );
    });
  });
}

test('pages of other origins, rebound names, strangers and other paths are refused before the upgrade', async () => {
  const { port } = shared;
  assert.equal(await refusal(port, { headers: { origin: 'https://evil.example' } }), {
    status: 403,
    code: 'permission_denied',
  });
  assert.equal(await refusal(port, { headers: { host: 'evil.example' } }), {
    status: 403,
    code: 'permission_denied',
  });
  assert.equal(await refusal(port, { headers: { 'x-forwarded-for': '203.0.113.9' } }), {
    status: 401,
    code: 'unauthenticated',
  });
  assert.equal(await refusal(port, { path: '/api/v1/other' }), { status: 404, code: 'not_found' });
});

test('a browser gives its token as a sub-protocol, which is not given back', async () => {
  const { gate, port } = shared;
  const viewer = new Viewer(port, ['witan', 'bearer.aaa.bbb.c-c_c']);
  await viewer.next('hello');
  assert.is(gate.calls.at(-1)!.credentials.bearerToken, 'aaa.bbb.c-c_c');
  assert.equal([viewer.socket.protocol, gate.calls.at(-1)!.operation], ['witan', 'decision.follow-all']);
  await viewer.close();
});

test('the pass is held while the socket is open', async () => {
  const { gate, port } = shared;
  while (gate.open() > 0) await new Promise((resolve) => setImmediate(resolve));
  const viewer = await Viewer.connect(port);
  assert.is(gate.open(), 1);
  viewer.socket.terminate();
  while (gate.open() > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('a viewer whose credential ends is told why, closed, and shown nothing more', async () => {
  const counts: number[] = [];
  const own = await open({ onCount: (count) => void counts.push(count) });
  for (const [code, closeCode] of [
    ['unauthenticated', 4_401],
    ['permission_denied', 4_403],
    ['unavailable', 4_503],
  ] as const) {
    const id = scriptedId(closeCode);
    own.backend.publish(id, ...openingEvents());
    const viewer = await Viewer.connect(own.port);
    viewer.send({ type: 'subscribe', decisionId: id });
    await viewer.next('snapshot');
    const closed = once(viewer.socket, 'close') as Promise<[number, Buffer]>;
    own.gate.ends.end(code);
    own.backend.publish(id, ...ballotEvents(id, 1));
    assert.is((await viewer.next('error')).error.code, code);
    const [given, reason] = await closed;
    assert.equal([given, String(reason), viewer.waitingCount], [closeCode, code, 0]);
  }
  while (own.gate.open() > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal([own.gate.ends.count, counts], [0, [1, 0, 1, 0, 1, 0]]);
  await own.close();
});

test('one viewer too many is told to come back', async () => {
  const small = await open({ limits: { clientMaxCount: 1 } });
  const viewer = await Viewer.connect(small.port);
  assert.equal(await refusal(small.port), { status: 429, code: 'overloaded' });
  await viewer.close();
  await small.close();
});

test('who subscribes to nothing, and who answers no ping, is cut off', async () => {
  const strict = await open({ limits: { idleMs: 30, heartbeatMs: 10, stallMs: 40 } });
  const idle = await Viewer.connect(strict.port);
  const [code] = (await once(idle.socket, 'close')) as [number];
  assert.is(code, 1008);
  const silent = await silentViewer(strict.port, { type: 'subscribe' });
  silent.on('error', () => undefined);
  silent.resume();
  await once(silent, 'close');
  while (strict.live.clientCount > 0) await new Promise((resolve) => setImmediate(resolve));
  await strict.close();
});

test('a gate that fails leaves nothing behind', async () => {
  const gate: GatePort = {
    admit: () => {
      throw new WitanError('unavailable', 'no word from the keys');
    },
  };
  const broken = await open({ gate });
  assert.equal(await refusal(broken.port), { status: 503, code: 'unavailable' });
  assert.is(broken.live.clientCount, 0);
  await broken.close();
});

test('viewers that stop reading cost neither the publisher nor memory, and get a new snapshot', async () => {
  const { backend, live, port } = shared;
  const id = scriptedId(5);
  backend.publish(id, ...openingEvents());
  const silent: Socket[] = [];
  for (let count = 0; count < 100; count += 1)
    silent.push(await silentViewer(port, { type: 'subscribe', decisionId: id }));
  const reader = await Viewer.connect(port);
  reader.send({ type: 'subscribe', decisionId: id });
  await reader.next('snapshot');
  while (live.clientCount < 101) await new Promise((resolve) => setImmediate(resolve));
  const verdict = scriptedVerdict(id);
  global.gc?.();
  const before = process.memoryUsage().rss;
  let slowestMs = 0;
  let seen = 0;
  // Each event has 20 KB: unbounded, a hundred viewers would hold 1.2 GB.
  for (let batch = 0; batch < 60; batch += 1) {
    const started = performance.now();
    for (let count = 0; count < 10; count += 1)
      backend.publish(id, {
        type: 'resolution',
        action: 'approve',
        by: 'x',
        reason: JSON.stringify(verdict),
      });
    slowestMs = Math.max(slowestMs, performance.now() - started);
    seen = (await reader.next('events')).to;
  }
  const grownBytes = process.memoryUsage().rss - before;
  assert.is(seen, 604);
  assert.ok(slowestMs < 100, `publishing took ${slowestMs} ms`);
  assert.ok(grownBytes < 250_000_000, `${grownBytes} bytes more`);
  const text = await readUntil(silent[0]!, `"sequence":604,"events"`);
  assert.ok(text);
  for (const socket of silent) socket.destroy();
  await reader.close();
});

/** A raw client that subscribes and then reads nothing, not even pings. */
function silentViewer(port: number, message: object): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
          'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      );
      socket.once('data', () => {
        socket.pause();
        socket.write(maskedFrame(1, Buffer.from(JSON.stringify(message))));
        resolve(socket);
      });
    });
  });
}

/** A client's frame with a mask of zeros. @source RFC 6455 §5.2 */
function maskedFrame(opcode: number, payload: Buffer): Buffer {
  assert.ok(payload.length < 126);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** Reads on, answering pings, until `text` came. */
function readUntil(socket: Socket, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    let tail = '';
    socket.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString('latin1')).slice(-100_000);
      if (tail.includes(text)) resolve(true);
      // One pong answers the ping that is open.
      socket.write(maskedFrame(10, Buffer.alloc(0)));
    });
    socket.resume();
  });
}
