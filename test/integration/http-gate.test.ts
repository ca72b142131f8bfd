/** The HTTP door and its gate: what is asked, what is told of limits, and that everything is released. */
import { csrfTokenOf } from '../../transport/http/caller/session-cookies.ts';
import { once } from 'node:events';
import { connect } from 'node:net';
import { WitanError } from '../../contracts/errors.ts';
import { openingEvents, scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { loopbackGate, openStubDoor } from '../doors/stub-backend.ts';
import { assert, suite } from '../harness.ts';

const test = suite('http-gate', { limitMs: 10_000 });
const { backend, gate, door, url, port } = await openStubDoor({ trustedProxies: ['127.0.0.1'] });
const direct = await openStubDoor();
test.after(async () => {
  await door.close(100);
  await direct.door.close(100);
});
const body = JSON.stringify({ type: 'chat', text: 'Hello' });
const post = (base: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base}/api/v1/decisions/evaluate`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

test('every call names its operation, body size, trace and credentials', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  direct.backend.decide = async (id) => scriptedVerdict(id);
  await post(direct.url, { authorization: 'Bearer abc.def', 'x-api-key': 'k', traceparent });
  assert.equal(direct.gate.calls.at(-1), {
    operation: 'decision.evaluate',
    credentials: { door: 'http', remoteAddress: '127.0.0.1', bearerToken: 'abc.def', apiKey: 'k' },
    bodyBytes: body.length,
    traceparent,
  });
  await fetch(`${direct.url}/api/v1/tree`, { headers: { traceparent: 'nonsense' } });
  assert.equal(direct.gate.calls.at(-1), {
    operation: 'actor.tree',
    credentials: { door: 'http', remoteAddress: '127.0.0.1' },
  });
});

test('limits are told with every answer, and when to come back with a refusal', async () => {
  direct.gate.rate = { limit: 100, remaining: 41, resetMs: 12_100 };
  const { headers } = await fetch(`${direct.url}/health`);
  direct.gate.rate = null;
  const told = ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`));
  assert.equal(told, ['100', '41', '13']);
  const refusing = await openStubDoor({
    gate: {
      admit: () => {
        throw new WitanError('rate_limited', 'too many requests', { retryAfterMs: 2_500 });
      },
    },
  });
  const refused = await fetch(`${refusing.url}/health`);
  await refusing.door.close(100);
  assert.equal([refused.status, refused.headers.get('retry-after')], [429, '3']);
});

test('a request id is given back, made up, or made anew when malformed', async () => {
  const idOf = async (given?: string): Promise<string | null> =>
    (
      await fetch(`${direct.url}/health`, { headers: given === undefined ? {} : { 'x-request-id': given } })
    ).headers.get('x-request-id');
  assert.is(await idOf('order-77'), 'order-77');
  const [first, second, third] = [await idOf(), await idOf(), await idOf('a b"c')];
  assert.is(new Set([first, second, third]).size, 3);
  assert.match(third ?? '', /^[0-9a-f]{12}-[0-9a-z]+$/);
});

test('what was let in is released: answers, errors, bad input, a body that never comes, streams', async () => {
  const { open } = direct.gate;
  const id = scriptedId(5);
  direct.backend.publish(id, ...openingEvents());
  direct.backend.decide = async () => {
    throw new TypeError('defect');
  };
  assert.is((await post(direct.url)).status, 500);
  await fetch(`${direct.url}/api/v1/decisions/${scriptedId(404)}`);
  await fetch(`${direct.url}/api/v1/decisions?limit=x`);
  const big = await fetch(`${direct.url}/api/v1/decisions/evaluate`, {
    method: 'POST',
    body: 'x'.repeat(2_000_000),
  });
  assert.is(big.status, 413);
  const socket = connect(direct.port, '127.0.0.1');
  await once(socket, 'connect');
  const before = direct.gate.calls.length;
  socket.write(
    'POST /api/v1/decisions/evaluate HTTP/1.1\r\n' +
      `Host: 127.0.0.1:${direct.port}\r\nContent-Length: 50\r\n\r\n{`,
  );
  while (direct.gate.calls.length === before) await new Promise((resolve) => setImmediate(resolve));
  assert.is(open(), 1, 'admitted before its body came');
  socket.destroy();
  const abort = new AbortController();
  const stream = await fetch(`${direct.url}/api/v1/decisions/${id}/events`, { signal: abort.signal });
  await stream.body!.getReader().read();
  assert.ok(open() >= 1, 'a stream holds its pass');
  abort.abort();
  while (open() > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('a refused call reads no body', async () => {
  const refusing = await openStubDoor({
    gate: { admit: () => Promise.reject(new WitanError('unauthenticated', 'the caller is not known')) },
  });
  const socket = connect(refusing.port, '127.0.0.1');
  socket.write(
    'POST /api/v1/decisions/evaluate HTTP/1.1\r\n' +
      `Host: 127.0.0.1:${refusing.port}\r\nContent-Length: 900000\r\n\r\n`,
  );
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 401 /);
  assert.match(text, /\r\nconnection: close\r\n/i);
  await refusing.door.close(100);
});

test('behind a trusted proxy the rightmost untrusted address counts', async () => {
  await fetch(`${url}/health`, { headers: { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' } });
  assert.is(gate.calls.at(-1)!.credentials.remoteAddress, '203.0.113.9');
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${url}/api/v1/decisions`, { headers })).status;
  assert.equal(
    [
      await status({}),
      await status({ 'x-forwarded-for': '127.0.0.1' }),
      await status({ forwarded: 'for=127.0.0.1' }),
    ],
    [401, 401, 401],
  );
  assert.is(backend.submitted.length, 0);
  assert.ok(port > 0);
});

test('a cookie alone changes nothing', async () => {
  const session = `witan-session=s; witan-csrf=${csrfTokenOf('s')}`;
  const restart = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${direct.url}/api/v1/actors/council/wisdom/restart`, { method: 'POST', headers });
  assert.is((await restart({ cookie: session })).status, 403);
  assert.is((await restart({ cookie: session, 'x-csrf-token': csrfTokenOf('s') })).status, 200);
});

test('actors are read, followed, asked, and dead letters listed', async () => {
  const read = async (path: string): Promise<unknown> => (await fetch(direct.url + path)).json();
  assert.is(((await read('/api/v1/actors/no/such')) as { error: { code: string } }).error.code, 'not_found');
  assert.equal(await read('/api/v1/dead-letters?limit=5'), { items: [] });
  assert.equal(await read(`/api/v1/decisions/${scriptedId(1)}/verify`), { verified: true, detail: 'stub' });
  const asked = await fetch(`${direct.url}/api/v1/diagnosis`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path: '/council/wisdom', message: { type: 'status' } }),
  });
  assert.equal(await asked.json(), {
    path: '/council/wisdom',
    answer: { path: '/council/wisdom', message: { type: 'status' } },
  });
  direct.backend.watchTree = (_principal, onEvent) => {
    onEvent({ kind: 'spawned', path: '/a' });
    return () => undefined;
  };
  const abort = new AbortController();
  const stream = await fetch(`${direct.url}/api/v1/tree/events`, { signal: abort.signal });
  const reader = stream.body!.getReader();
  let text = '';
  while (!text.includes('/a')) text += new TextDecoder().decode((await reader.read()).value);
  assert.match(text, /event: spawned\ndata: \{"kind":"spawned","path":"\/a"\}\n\n/);
  abort.abort();
});

test('answers are told to who keeps logs, with status and caller', async () => {
  const answers: unknown[] = [];
  const watched = await openStubDoor({ gate: loopbackGate(), onAnswer: (answer) => answers.push(answer) });
  await fetch(`${watched.url}/api/v1/decisions/${scriptedId(9)}`, { headers: { 'x-request-id': 'r1' } });
  await watched.door.close(100);
  const [{ elapsedMs, principal, traceparent, ...answer }] = answers as [
    { elapsedMs: number; principal: { id: string }; traceparent: unknown },
  ];
  assert.equal(answer, {
    operation: 'decision.read',
    method: 'GET',
    route: '/api/v1/decisions/:decisionId',
    status: 404,
    requestId: 'r1',
  });
  assert.equal([elapsedMs >= 0, principal.id, traceparent], [true, 'local', undefined]);
});

test('the document names operation, scope, schemes and refusals of every endpoint', async () => {
  const { paths } = (await (await fetch(`${direct.url}/openapi.json`)).json()) as {
    paths: Record<
      string,
      Record<string, { security: object[]; responses: Record<string, { headers: object }> }>
    >;
  };
  const evaluate = paths['/api/v1/decisions/evaluate']!['post']!;
  assert.equal(Object.keys(evaluate.responses), ['200', '202', '400', '401', '403', '413', '429', 'default']);
  assert.equal(evaluate.security[1], { apiKey: ['decision:submit'] });
  assert.ok('Retry-After' in evaluate.responses['429']!.headers);
  assert.equal(paths['/health']!['get']!.security, []);
});
