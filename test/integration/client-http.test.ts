/** The client over HTTP against a door that the test drives: retries, limits, tokens, streams, the queue. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionRequest } from '../../contracts/messages/decision.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { connect, memoryQueueStore } from '../../transport/client/browser.ts';
import type { HttpConnectOptions, QueueOutcome } from '../../transport/client/browser.ts';
import { fileQueueStore } from '../../transport/client/node/file-queue-store.ts';
import { ballotEvents, openingEvents, scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { openStubDoor } from '../doors/stub-backend.ts';
import { assert, suite } from '../harness.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('client-http', { limitMs: 180_000 });
const { backend, door, url } = await openStubDoor();
test.after(() => door.close(100));
const STORE = join(import.meta.dirname, '../../transport/client/node/file-queue-store.ts');
const REQUEST: DecisionRequest = { type: 'chat', text: 'Hello' };
const verdict = scriptedVerdict(scriptedId(1));

/** A server that answers with what the test lays out, one entry a request. */
async function scripted(
  script: ((request: IncomingMessage, response: ServerResponse, body: string) => void)[],
): Promise<{ url: string; bodies: string[]; close(): void }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      const step = script.shift();
      if (step) step(request, response, body);
      else response.writeHead(599).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const ok =
  (value: unknown, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
const refuse =
  (error: WitanError, status: number) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: error.toJSON() }));
  };

/** A client whose pauses take no time, and which notes how long they would have been. */
async function client(
  http: string,
  options: Partial<HttpConnectOptions> = {},
): Promise<{ client: Awaited<ReturnType<typeof connect>>; delays: number[]; clock: SimClock }> {
  const clock = new SimClock();
  const delays: number[] = [];
  const sim = {
    monotonicMs: () => clock.monotonicMs(),
    wallMs: () => clock.wallMs(),
    setTimer: (delayMs: number, task: () => void) => {
      const timer = clock.setTimer(delayMs, task);
      // The deadline of a call waits; every other timer is a pause.
      if (delayMs < 30_000) {
        delays.push(delayMs);
        setImmediate(() => clock.advance(delayMs));
      }
      return timer;
    },
  };
  return { client: await connect({ http, clock: sim, random: () => 1, ...options }), delays, clock };
}

const errorOf = async (promise: Promise<unknown>): Promise<WitanError> => {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, WitanError);
    return error as WitanError;
  }
  return assert.unreachable() as never;
};

test('one interface: evaluate, read, list, agents, check, health', async () => {
  const { client: witan } = await client(url);
  backend.decide = async (id) => scriptedVerdict(id);
  assert.is((await witan.evaluate(REQUEST)).body.outcome, 'approved');
  assert.is(backend.submitted.at(-1)!.idempotencyKey!.length, 36, 'a key was made');
  await witan.evaluate(REQUEST, { idempotencyKey: 'mine' });
  assert.is(backend.submitted.at(-1)!.idempotencyKey, 'mine');
  backend.decide = () => new Promise(() => undefined);
  assert.match(await witan.submit(REQUEST), /^d[0-9a-f]{32}$/);
  assert.equal(await witan.list({ limit: 1 }), { items: [], nextCursor: null });
  assert.equal(await witan.agents(), []);
  assert.equal(await witan.check(scriptedId(1)), { verified: true, detail: 'stub' });
  assert.is((await witan.health()).status, 'ready');
  assert.equal(await witan.reviewQueue(), { items: [], nextCursor: null });
  await witan.close();
});

test('errors are typed, and bad input is refused before anything is sent', async () => {
  const { client: witan } = await client(url);
  assert.is((await errorOf(witan.read(scriptedId(404)))).code, 'not_found');
  assert.is(
    (await errorOf(witan.resolve(scriptedId(1), { action: 'approve', reason: 'x' }))).code,
    'conflict',
  );
  const count = backend.submitted.length;
  assert.is((await errorOf(witan.evaluate({ type: 'chat' }))).details.path, 'text');
  assert.is((await errorOf(witan.read('d1'))).code, 'invalid_argument');
  assert.is(backend.submitted.length, count);
  assert.is((await errorOf(connect({ http: 'nowhere' }))).code, 'invalid_argument');
  assert.is((await errorOf(connect({ http: url, apiKey: 'a', token: 'b' }))).code, 'invalid_argument');
});

test('a submission is repeated with one key, waiting longer each time', async () => {
  const down = refuse(new WitanError('unavailable', 'later'), 503);
  const server = await scripted([down, down, (_request, response) => response.destroy(), ok(verdict)]);
  const { client: witan, delays } = await client(server.url);
  assert.equal(await witan.evaluate(REQUEST), verdict);
  assert.equal(delays, [200, 400, 800]);
  assert.is(
    new Set(server.bodies.map((body) => (JSON.parse(body) as { idempotencyKey: string }).idempotencyKey))
      .size,
    1,
  );
  server.close();
});

test('a write without a key is not repeated after it may have had an effect', async () => {
  const server = await scripted([
    refuse(new WitanError('rate_limited', 'slow down', { retryAfterMs: 700 }), 429),
    refuse(new WitanError('unavailable', 'lost'), 503),
    ok({}),
  ]);
  const { client: witan, delays } = await client(server.url);
  assert.is(
    (await errorOf(witan.resolve(scriptedId(1), { action: 'approve', reason: 'x' }))).code,
    'unavailable',
  );
  assert.is(server.bodies.length, 2, 'after a refusal once more, after a loss never');
  assert.ok(delays.includes(700));
  server.close();
});

test('the node says when to come back, and a used-up limit is waited for without asking', async () => {
  const used = { 'ratelimit-limit': '1', 'ratelimit-remaining': '0', 'ratelimit-reset': '7' };
  const page = { items: [], nextCursor: null };
  const server = await scripted([ok(page, used), ok(page, used)]);
  const { client: witan, delays, clock } = await client(server.url);
  await witan.list();
  await witan.list();
  assert.equal(delays, [7_000]);
  assert.is(clock.monotonicMs(), 7_000);
  const error = await errorOf(witan.list({}, { timeoutMs: 1_000 }));
  assert.equal([error.code, server.bodies.length], ['rate_limited', 2]);
  server.close();
});

test('the total time bounds everything, and giving up ends a call at once', async () => {
  const hanging = await scripted([() => undefined, () => undefined]);
  const witan = await connect({ http: hanging.url });
  assert.is((await errorOf(witan.list({}, { timeoutMs: 30 }))).code, 'deadline_exceeded');
  const abort = new AbortController();
  const call = errorOf(witan.list({}, { signal: abort.signal }));
  abort.abort();
  assert.is((await call).code, 'cancelled');
  hanging.close();
});

test('an answer of another form is refused', async () => {
  const server = await scripted([
    ok({ items: 'none' }),
    (_request, response) => void response.writeHead(502).end('<html>'),
  ]);
  const { client: witan } = await client(server.url, { retry: { maxCount: 0 } });
  assert.equal(
    [(await errorOf(witan.list())).code, (await errorOf(witan.list())).code],
    ['verification_failed', 'unavailable'],
  );
  server.close();
});

const jwt = (name: string, exp: number): string =>
  `${btoa('{}')}.${btoa(JSON.stringify({ name, exp })).replaceAll('=', '')}.x`;

test('a token is fetched once for all, before its end, and once after a refusal', async () => {
  const page = { items: [], nextCursor: null };
  const tokens: string[] = [];
  const needsNew = (request: IncomingMessage, response: ServerResponse): void => {
    tokens.push(request.headers.authorization!.slice(7));
    if (tokens.length === 3) return refuse(new WitanError('unauthenticated', 'no'), 401)(request, response);
    ok(page)(request, response);
  };
  const server = await scripted(new Array(6).fill(needsNew) as never);
  let fetchCount = 0;
  const { client: witan, clock } = await client(server.url, {
    tokenProvider: async () => {
      fetchCount += 1;
      return jwt(`t${fetchCount}`, Math.floor(clock.wallMs() / 1_000) + 120);
    },
  });
  await Promise.all([witan.list(), witan.list()]);
  assert.is(fetchCount, 1);
  await witan.list();
  assert.is(fetchCount, 2, 'after the refusal');
  clock.advance(100_000);
  await witan.list();
  assert.is(fetchCount, 3, 'before the end');
  assert.is(new Set(tokens).size, 3);
  server.close();
});

test('a second refusal of a fresh token is told', async () => {
  const no = refuse(new WitanError('unauthenticated', 'no'), 401);
  const server = await scripted([no, no, no]);
  const { client: witan } = await client(server.url, { tokenProvider: async () => 'opaque' });
  assert.is((await errorOf(witan.list())).code, 'unauthenticated');
  assert.is(server.bodies.length, 2);
  server.close();
});

test('a decision is followed over a break, without loss or repetition, to its verdict', async () => {
  const id = scriptedId(50);
  const events = backend.publish(id, ...openingEvents(), ...ballotEvents(id, 1), {
    type: 'final',
    verdict: scriptedVerdict(id),
  });
  const line = (event: { type: string }): string =>
    `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  const sse = { 'content-type': 'text/event-stream' };
  const asked: string[] = [];
  const server = await scripted([
    (request, response) => {
      asked.push(request.url!);
      response.writeHead(200, sse).write(events.slice(0, 3).map(line).join(''), () => response.destroy());
    },
    (request, response) => {
      asked.push(request.url!);
      response.writeHead(200, sse).write(events.slice(2).map(line).join(''));
    },
  ]);
  const { client: witan } = await client(server.url);
  const seen: number[] = [];
  for await (const item of witan.watch(id)) if (item.kind === 'event') seen.push(item.event.sequence);
  assert.equal(seen, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(
    asked,
    [0, 3].map((after) => `/api/v1/decisions/${id}/events?after=${after}`),
  );
  server.close();
});

test('a token that ends while a stream is open is replaced, each time anew; a refused one once', async () => {
  const id = scriptedId(53);
  const ended = new WitanError('unauthenticated', 'the credential has ended', { wasAdmitted: true });
  const shown: string[] = [];
  const endedStream = (request: IncomingMessage, response: ServerResponse): void => {
    shown.push(request.headers.authorization!);
    const error = `event: error\ndata: ${JSON.stringify({ error: ended.toJSON() })}\n\n`;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(error);
  };
  const refused = refuse(new WitanError('unauthenticated', 'no'), 401);
  const server = await scripted([endedStream, endedStream, endedStream, refused, refused, refused]);
  let count = 0;
  const { client: witan } = await client(server.url, { tokenProvider: async () => `token-${(count += 1)}` });
  assert.is((await errorOf(witan.watch(id).next())).code, 'unauthenticated');
  assert.equal(shown, ['Bearer token-1', 'Bearer token-2', 'Bearer token-3']);
  assert.is(server.bodies.length, 4, 'a token that is refused at once is the last');
  const { client: keyed } = await client(server.url, { apiKey: 'key' });
  assert.is((await errorOf(keyed.watch(id).next())).code, 'unauthenticated');
  assert.is(server.bodies.length, 5, 'a key is the same the next time');
  server.close();
});

test('following stops when the caller stops, and fails for what no retry mends', async () => {
  const { client: witan } = await client(url);
  const id = scriptedId(51);
  backend.publish(id, ...openingEvents());
  for await (const item of witan.watch(id)) {
    assert.is(item.kind, 'event');
    break;
  }
  const abort = new AbortController();
  const all = witan.watch(null, { signal: abort.signal });
  const first = all.next();
  const timer = setInterval(() => backend.publish(scriptedId(52), ...openingEvents()), 5);
  assert.is((await first).done, false);
  clearInterval(timer);
  abort.abort();
  assert.is(
    (
      await errorOf(
        (async () => {
          for await (const item of all) assert.ok(item.kind);
        })(),
      )
    ).code,
    'cancelled',
  );
  assert.is((await errorOf(witan.watch(scriptedId(404)).next())).code, 'not_found');
});

test('final decisions are kept, forgotten by a word on them, and given stale when no node answers', async () => {
  const view = {
    decisionId: scriptedId(60),
    state: 'final' as const,
    type: 'chat',
    request: REQUEST,
    sessionDigest: '',
    submittedBy: 'local',
    openedAt: '2026-11-05T10:00:00.000Z',
    verdict: scriptedVerdict(scriptedId(60)),
    record: { logId: 'x', openedIndex: 0, finalIndex: 1, state: 'checkpointed' as const },
    resolutions: [],
  };
  const server = await scripted([ok(view), ok(view), ok(view)]);
  const { client: witan, clock } = await client(server.url, { retry: { maxCount: 0 } });
  await witan.read(view.decisionId);
  await witan.read(view.decisionId);
  assert.is(server.bodies.length, 1);
  witan.forget(view.decisionId);
  await witan.read(view.decisionId);
  clock.advance(60_001);
  await witan.read(view.decisionId);
  assert.is(server.bodies.length, 3);
  server.close();
  clock.advance(60_001);
  assert.equal(await witan.read(view.decisionId, { allowStale: true }), view);
  assert.is((await errorOf(witan.read(view.decisionId))).code, 'unavailable');
});

test('a guard calls nothing and gives nothing out without approval', async () => {
  const { client: witan } = await client(url);
  const calls: string[] = [];
  const answer = witan.guard(
    (text: string) => {
      calls.push(text);
      return text.toUpperCase();
    },
    {
      before: (text) => ({ type: 'chat', text }),
      after: (output) => ({ type: 'chat', text: output }),
    },
  );
  backend.decide = async (id) => scriptedVerdict(id);
  assert.equal(
    [await answer('hi'), answer.lastEvaluation?.isSafe, answer.lastEvaluation?.phase],
    ['HI', true, 'after'],
  );
  backend.decide = async (id) => scriptedVerdict(id, 'rejected');
  const error = await errorOf(answer('no'));
  assert.equal(
    [error.code, error.details['outcome'], error.details['phase']],
    ['permission_denied', 'rejected', 'before'],
  );
  assert.equal(calls, ['hi']);
  const softened = witan.guard(async () => 'secret', {
    after: (text) => ({ type: 'chat', text }),
    onBlocked: () => 'withheld',
  });
  assert.is(await softened(), 'withheld');
});

test('the queue is bounded, keeps order, and lets go of what is refused for good', async () => {
  const outcomes: QueueOutcome[] = [];
  const queue = {
    store: memoryQueueStore(),
    maxCount: 2,
    onSettled: (outcome: QueueOutcome) => outcomes.push(outcome),
  };
  const down = refuse(new WitanError('unavailable', 'later'), 503);
  const server = await scripted([
    down,
    down,
    down,
    down,
    refuse(new WitanError('conflict', 'another payload'), 409),
    ok(verdict),
  ]);
  const { client: witan } = await client(server.url, { queue, retry: { maxCount: 0 } });
  for (const key of ['a', 'b']) {
    const error = await errorOf(witan.evaluate(REQUEST, { idempotencyKey: key, queueOffline: true }));
    assert.equal(
      [error.code, error.details['queued'], error.details['idempotencyKey']],
      ['unavailable', true, key],
    );
  }
  assert.is((await errorOf(witan.evaluate(REQUEST, { queueOffline: true }))).code, 'overloaded');
  assert.is(await witan.queue!.flush(), 0);
  assert.is(await witan.queue!.size(), 2);
  assert.is(await witan.queue!.flush(), 2);
  assert.equal(
    outcomes.map((outcome) => [outcome.idempotencyKey, 'error' in outcome ? outcome.error.code : 'answer']),
    [
      ['a', 'conflict'],
      ['b', 'answer'],
    ],
  );
  server.close();
});

test('the queue in a file survives a kill, replays in order under the same keys, and drops a torn line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-queue-'));
  const file = join(folder, 'queue.jsonl');
  const program = `
    import { fileQueueStore } from ${JSON.stringify(STORE)};
    const store = fileQueueStore(${JSON.stringify(file)});
    await store.load();
    for (const key of ['k1', 'k2', 'k3']) {
      const request = { type: 'chat', text: key, idempotencyKey: key };
      await store.append({ idempotencyKey: key, request });
    }
    await store.remove('k1');
    process.stdout.write('kept');
    setInterval(() => undefined, 1_000);`;
  const child = spawn(process.execPath, [...SOURCE_FLAGS, '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  appendFileSync(file, '{"add":{"idempotencyKey":"torn"');
  backend.decide = async (id) => scriptedVerdict(id);
  const witan = await connect({ http: url, queue: { store: fileQueueStore(file) } });
  const from = backend.submitted.length;
  assert.is(await witan.queue!.size(), 2);
  assert.is(await witan.queue!.flush(), 2);
  assert.equal(
    backend.submitted.slice(from).map((one) => one.idempotencyKey),
    ['k2', 'k3'],
  );
  await witan.close();
  const again = fileQueueStore(file);
  assert.equal(await again.load(), []);
  await again.close();
  assert.is(readFileSync(file, 'utf8'), '');
  appendFileSync(file, 'nonsense\n');
  assert.is((await errorOf(fileQueueStore(file).load())).code, 'verification_failed');
  rmSync(folder, { recursive: true });
});
