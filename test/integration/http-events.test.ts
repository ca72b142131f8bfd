/** Event streams over real sockets: order, resume, snapshot, and a client that does not read. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { readServerEvents } from '../../apps/cli/event-reader.ts';
import type { ServerEvent } from '../../apps/cli/event-reader.ts';
import { openStubDoor } from '../doors/stub-backend.ts';
import { ballotEvents, openingEvents, scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { assert, suite } from '../harness.ts';

const test = suite('http-events', { limitMs: 20_000 });
const { backend, door, url, port } = await openStubDoor();
test.after(() => door.close(200));

/** Reads events of a stream until `count` came. */
async function take(
  path: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<ServerEvent[]> {
  const abort = new AbortController();
  const response = await fetch(url + path, { headers, signal: abort.signal });
  assert.is(response.status, 200);
  const events: ServerEvent[] = [];
  for await (const event of readServerEvents(response.body as unknown as AsyncIterable<Uint8Array>)) {
    events.push(event);
    if (events.length === count) break;
  }
  abort.abort();
  return events;
}

test('a late viewer gets everything from the start, in order, with ids', async () => {
  const id = scriptedId(100);
  backend.publish(id, ...openingEvents(), ...ballotEvents(id, 1), ...ballotEvents(id, 2));
  const events = await take(`/api/v1/decisions/${id}/events`, 8);
  assert.equal(
    events.map((event) => event.lastId),
    ['1', '2', '3', '4', '5', '6', '7', '8'],
  );
  assert.is(events[0]!.name, 'opened');
});

test('Last-Event-ID and ?after= resume without loss or repetition', async () => {
  const id = scriptedId(101);
  backend.publish(id, ...openingEvents());
  const first = take(`/api/v1/decisions/${id}/events`, 4);
  const lastId = (await first).at(-1)!.lastId;
  backend.publish(id, ...ballotEvents(id, 1));
  const rest = take(`/api/v1/decisions/${id}/events`, 3, { 'last-event-id': lastId });
  backend.publish(id, { type: 'final', verdict: scriptedVerdict(id) });
  assert.equal(
    (await rest).map((event) => event.lastId),
    ['5', '6', '7'],
  );
  assert.equal(
    (await take(`/api/v1/decisions/${id}/events?after=6`, 1)).map((event) => event.name),
    ['final'],
  );
});

test('a decision whose stream left memory is given whole, then the stream ends', async () => {
  const id = scriptedId(102);
  const verdict = scriptedVerdict(id);
  const record = { logId: 'x', openedIndex: 0, finalIndex: 1, state: 'checkpointed' as const };
  backend.views.set(id, {
    decisionId: id,
    state: 'final',
    type: 'loan',
    request: { type: 'loan', text: 'x' },
    sessionDigest: '',
    submittedBy: 'local',
    openedAt: '2026-11-05T10:00:00.000Z',
    verdict,
    record,
    resolutions: [],
  });
  const events = await take(`/api/v1/decisions/${id}/events`, 99);
  assert.equal(
    events.map((event) => event.name),
    ['snapshot'],
  );
});

test('an unknown decision is 404 and no stream', async () => {
  const response = await fetch(`${url}/api/v1/decisions/${scriptedId(999)}/events`);
  assert.is(response.status, 404);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
});

test('a bad Last-Event-ID is refused', async () => {
  const id = scriptedId(100);
  const response = await fetch(`${url}/api/v1/decisions/${id}/events`, {
    headers: { 'last-event-id': '1; drop' },
  });
  assert.is(response.status, 400);
});

test('the feed of all decisions says gap to one who comes back', async () => {
  const pending = take('/api/v1/events', 2, { 'last-event-id': 'x/3' });
  const timer = setInterval(() => backend.publish(scriptedId(103), ...openingEvents()), 20);
  const events = await pending;
  clearInterval(timer);
  assert.equal(
    events.map((event) => event.name),
    ['gap', 'opened'],
  );
});

test('a client that does not read is told gap, and costs the publisher nothing', async () => {
  const id = scriptedId(104);
  backend.publish(id, ...openingEvents());
  const slow = await openSilentClient(`/api/v1/decisions/${id}/events`);
  const verdict = scriptedVerdict(id);
  let slowest = 0;
  // Enough to fill both socket buffers and the bounded queue many times over.
  for (let batch = 0; batch < 60; batch += 1) {
    const started = performance.now();
    for (let count = 0; count < 20; count += 1) backend.publish(id, { type: 'final', verdict });
    slowest = Math.max(slowest, performance.now() - started);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(slowest < 200, `publishing took ${slowest} ms`);
  const text = await readAll(slow, 'event: gap');
  assert.match(text, /event: gap\ndata: \{"droppedCount":\d+,"resumeAfter":\d+\}/);
  slow.destroy();
});

function openSilentClient(path: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.pause();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      resolve(socket);
    });
  });
}

function readAll(socket: Socket, until: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-2_000_000);
      if (text.includes(until) && text.endsWith('\n\n\r\n')) resolve(text);
    });
    socket.resume();
  });
}
