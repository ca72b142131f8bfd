import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assertFails, bytes, text } from '../../test/conformance/fixture.ts';
import { assert, suite } from '../../test/harness.ts';
import { SystemClock } from '../kernel/system-clock.ts';
import { HttpOut } from './http-out.ts';

const test = suite('http out', { limitMs: 10_000 });
let server: Server;
let origin = '';
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let out: HttpOut;

test.before(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  out = new HttpOut({ clock: new SystemClock(), allowedOrigins: [origin] });
});
test.after(async () => {
  server.closeAllConnections();
  await new Promise<void>((done) => void server.close(() => done()));
});

test('sends method, headers and body, and gives the whole answer', async () => {
  answer = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.writeHead(201, { 'x-seen': `${request.method} ${request.headers['x-key']}` });
    response.end(`got ${Buffer.concat(chunks).toString()}`);
  };
  const reply = await out.send({
    method: 'POST',
    url: `${origin}/v1?q=1`,
    headers: { 'x-key': 'k' },
    body: bytes('hello'),
    timeoutMs: 5_000,
  });
  assert.is(reply.status, 201);
  assert.is(reply.headers['x-seen'], 'POST k');
  assert.is(text(reply.body), 'got hello');
});

test('an error status is an answer and no error', async () => {
  answer = (_request, response) => void response.writeHead(503).end();
  assert.is((await out.send({ method: 'GET', url: origin, timeoutMs: 5_000 })).status, 503);
});

test('what is not on the list is never called; neither is a URL with credentials', async () => {
  answer = () => assert.unreachable('called');
  const port = new URL(origin).port;
  for (const url of [
    `http://localhost:${port}/`,
    'http://127.0.0.1:1/',
    `https://127.0.0.1:${port}/`,
    'file:///etc/passwd',
  ]) {
    await assertFails(() => out.send({ method: 'GET', url, timeoutMs: 5_000 }), 'permission_denied');
  }
  for (const url of ['', 'not a url', `http://user:pass@127.0.0.1:${port}/`]) {
    await assertFails(() => out.send({ method: 'GET', url, timeoutMs: 5_000 }), 'invalid_argument');
  }
});

test('a redirect is handed back, not followed', async () => {
  answer = (_request, response) =>
    void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  const reply = await out.send({ method: 'GET', url: origin, timeoutMs: 5_000 });
  assert.is(reply.status, 302);
  assert.is(reply.headers['location'], 'http://169.254.169.254/');
});

test('an answer above the limit is too_large, with and without a declared length', async () => {
  answer = (_request, response) => void response.end(Buffer.alloc(2_000));
  await assertFails(
    () => out.send({ method: 'GET', url: origin, timeoutMs: 5_000, maxBytes: 1_999 }),
    'too_large',
  );
  assert.is(
    (await out.send({ method: 'GET', url: origin, timeoutMs: 5_000, maxBytes: 2_000 })).body.length,
    2_000,
  );
  answer = (_request, response) => {
    const more = (): void =>
      void (response.write(Buffer.alloc(65_536)) ? setImmediate(more) : response.once('drain', more));
    more();
  };
  await assertFails(
    () => out.send({ method: 'GET', url: origin, timeoutMs: 5_000, maxBytes: 100_000 }),
    'too_large',
  );
});

test('silence ends at the time limit, before the head and inside the body', async () => {
  answer = () => undefined;
  await assertFails(() => out.send({ method: 'GET', url: origin, timeoutMs: 50 }), 'deadline_exceeded');
  answer = (_request, response) => void response.write('start');
  await assertFails(() => out.send({ method: 'GET', url: origin, timeoutMs: 50 }), 'deadline_exceeded');
});

test('an abort is cancelled, at once and before', async () => {
  const abort = new AbortController();
  answer = () => abort.abort();
  await assertFails(
    () => out.send({ method: 'GET', url: origin, timeoutMs: 5_000, signal: abort.signal }),
    'cancelled',
  );
  answer = () => assert.unreachable('called');
  await assertFails(
    () => out.send({ method: 'GET', url: origin, timeoutMs: 5_000, signal: abort.signal }),
    'cancelled',
  );
});

test('nobody there, and a connection that breaks, are unavailable', async () => {
  const nobody = new HttpOut({ clock: new SystemClock(), allowedOrigins: ['http://127.0.0.1:1'] });
  await assertFails(
    () => nobody.send({ method: 'GET', url: 'http://127.0.0.1:1/', timeoutMs: 5_000 }),
    'unavailable',
  );
  answer = (request) => void request.socket.destroy();
  await assertFails(() => out.send({ method: 'GET', url: origin, timeoutMs: 5_000 }), 'unavailable');
});

test('a list with something other than origins is config_invalid', async () => {
  for (const entry of [
    'example.com',
    'https://example.com/path',
    'ftp://example.com',
    'https://u@example.com',
    '*',
  ]) {
    await assertFails(
      () => new HttpOut({ clock: new SystemClock(), allowedOrigins: [entry] }),
      'config_invalid',
    );
  }
});
