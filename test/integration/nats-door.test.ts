/** The NATS door on a real server: requests, refusals, bounds, discovery; asked by a client of raw protocol. */
import { OPERATIONS } from '../../contracts/operations.ts';
import { DecisionId } from '../../contracts/messages/ids.ts';
import { DecisionView } from '../../contracts/messages/decision-view.ts';
import { NATS_ENDPOINTS } from '../../transport/nats/door/endpoints/all-endpoints.ts';
import { KNOWN, withDoor } from '../doors/nats-fixtures.ts';
import type { DoorFixture } from '../doors/nats-fixtures.ts';
import { jsonOf } from '../doors/raw-nats.ts';
import type { RawMessage } from '../doors/raw-nats.ts';
import { scriptedVerdict } from '../doors/scripted-council.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';

interface ErrorBody {
  readonly error: { code: string; message: string; retryable: boolean; details: Record<string, unknown> };
}

const ID = `d${'0'.repeat(31)}1`;
const errorOf = (message: RawMessage): ErrorBody['error'] => jsonOf<ErrorBody>(message).error;

function assertRefused(message: RawMessage, code: string): ErrorBody['error'] {
  assert.is(message.headers['nats-service-error'], code, message.data.toString().slice(0, 300));
  assert.match(message.headers['nats-service-error-code'] ?? '', /^[45]\d\d$/);
  const error = errorOf(message);
  assert.is(error.code, code);
  assert.not.match(message.data.toString(), /\.ts:|at .*\(/, 'nothing of the inside shows');
  return error;
}

/** First words of operations that no subject has. */
const HTTP_ALONE = [
  ...[
    'session',
    'user',
    'policy',
    'evolution',
    'audit',
    'anchor',
    'archive',
    'cluster',
    'content',
    'erasure',
  ],
  ...['hold', 'investigation', 'lineage', 'log', 'model', 'privacy', 'responsibility', 'witness'],
];

if (NATS_MISSING) suite('nats door').skip('requests over a real server', NATS_MISSING);
else declare();

function declare(): void {
  const test = suite('nats door', { limitMs: 180_000 });
  const check = (title: string, body: (fixture: DoorFixture) => Promise<void>, options = {}): void =>
    test(title, () => withDoor(body, options));

  check('a decision is evaluated: verdict, rate, no error', async ({ client, backend, gate }) => {
    backend.decide = async (decisionId) => scriptedVerdict(decisionId);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const headers = { ...KNOWN, traceparent, 'Witan-Idempotency-Key': 'k1' };
    const answer = await client.request(
      'witan.v1.decision.evaluate',
      { type: 'loan', text: 'x' },
      { headers },
    );
    assert.is(answer.headers['nats-service-error'], undefined);
    assert.is(answer.headers['content-type'], 'application/json');
    assert.is(answer.headers['ratelimit-remaining'], '99');
    const verdict = jsonOf<{ body: { decisionId: string; outcome: string } }>(answer);
    assert.is(verdict.body.outcome, 'approved');
    assert.equal(backend.submitted, [{ type: 'loan', text: 'x', idempotencyKey: 'k1' }]);
    const { credentials, operation, ...call } = gate.calls[0]!;
    assert.equal(credentials, { door: 'nats', apiKey: 'test-key' });
    assert.is(operation, 'decision.evaluate');
    assert.is(call.traceparent, traceparent);
    assert.ok(call.bodyBytes! > 0);
    assert.is(gate.openCount, 0);
  });

  check('Nats-Msg-Id stands for the idempotency key, and must not contradict the body', async (fixture) => {
    const { client, backend } = fixture;
    backend.decide = async (decisionId) => scriptedVerdict(decisionId);
    const send = (body: object): Promise<RawMessage> =>
      client.request('witan.v1.decision.evaluate', body, { headers: { ...KNOWN, 'Nats-Msg-Id': 'm1' } });
    await send({ type: 'chat', text: 'x' });
    assert.is(backend.submitted[0]!.idempotencyKey, 'm1');
    assertRefused(await send({ type: 'chat', text: 'x', idempotencyKey: 'other' }), 'invalid_argument');
    assert.is(backend.submitted.length, 1);
  });

  check('respond-async answers when the decision is accepted', async ({ client }) => {
    const headers = { ...KNOWN, 'Witan-Prefer': 'respond-async' };
    const answer = await client.request(
      'witan.v1.decision.evaluate',
      { type: 'chat', text: 'x' },
      { headers },
    );
    assert.equal(jsonOf(answer), { decisionId: ID, state: 'open' });
  });

  check(
    'the deadline of the caller ends the call, and reaches the decision',
    async ({ client, backend, gate }) => {
      const headers = { ...KNOWN, 'Witan-Deadline-Ms': '80' };
      const body = { type: 'chat', text: 'x', deadlineMs: 5_000 };
      const late = await client.request('witan.v1.decision.evaluate', body, { headers });
      assert.is(assertRefused(late, 'deadline_exceeded').details['decisionId'], ID);
      assert.is((backend.submitted[0] as { deadlineMs?: number }).deadlineMs, 80);
      assert.is(gate.openCount, 0);
      for (const [value, code] of [
        ['0', 'deadline_exceeded'],
        ['soon', 'invalid_argument'],
        ['-1', 'invalid_argument'],
      ]) {
        const refused = await client.request('witan.v1.decision.evaluate', body, {
          headers: { ...KNOWN, 'Witan-Deadline-Ms': value! },
        });
        assertRefused(refused, code!);
      }
      assert.is(backend.submitted.length, 1);
    },
  );

  check(
    'every operation refuses a stranger, and none of them reaches the backend',
    async ({ client, backend }) => {
      backend.submit = async () => {
        throw new Error('the backend was reached');
      };
      for (const { operation } of NATS_ENDPOINTS) {
        const answer = await client.request(`witan.v1.${operation}`, {});
        if (OPERATIONS[operation].scope === null) assert.is(answer.headers['nats-service-error'], undefined);
        else assertRefused(answer, 'unauthenticated');
      }
      const forged = { 'Witan-Api-Key': 'guess', 'Witan-Authorization': 'Bearer a.b.c' };
      assertRefused(
        await client.request('witan.v1.decision.list', {}, { headers: forged }),
        'unauthenticated',
      );
    },
  );

  check('each operation but evaluate-stream and bootstrap has an endpoint', async () => {
    const offered = new Set(NATS_ENDPOINTS.map(({ operation }) => operation));
    assert.is(offered.size, NATS_ENDPOINTS.length);
    const absent = Object.keys(OPERATIONS).filter((name) => !offered.has(name as never));
    // People sign in with a browser; engines and services answer at paths of their own, over HTTP alone.
    const atHttp = new RegExp(`^(${HTTP_ALONE.join('|')})\\.`);
    const others = absent.filter((name) => !atHttp.test(name));
    assert.equal(others.sort(), ['decision.evaluate-stream', 'key.bootstrap']);
    for (const { operation, kind } of NATS_ENDPOINTS) assert.is(OPERATIONS[operation].kind, kind);
  });

  check('the other requests are answered by the backend', async ({ client, backend }) => {
    const ask = async (operation: string, body: object = {}): Promise<unknown> =>
      jsonOf(await client.request(`witan.v1.${operation}`, body, { headers: KNOWN }));
    assert.equal(await ask('decision.list', { limit: 5 }), { items: [], nextCursor: null });
    assert.equal(await ask('decision.verify', { decisionId: ID }), { verified: true, detail: 'stub' });
    assert.equal(await ask('agent.list'), { items: [] });
    assert.equal(await ask('agent.activity', { agentId: 'guardian' }), { items: [], nextCursor: null });
    assert.equal(await ask('review.queue'), { items: [], nextCursor: null });
    assert.equal(await ask('actor.tree', { under: '/council' }), { items: [] });
    assert.equal(await ask('dead-letter.list'), { items: [] });
    assert.equal(await ask('actor.command', { path: '/council/guardian', command: 'restart' }), {
      path: '/council/guardian',
      command: 'restart',
    });
    assert.equal(backend.commands, ['restart /council/guardian']);
    const asked = { path: '/council/guardian', message: { type: 'ping' } };
    assert.equal(await ask('actor.command', asked), { path: '/council/guardian', answer: asked });
    assert.is(((await ask('health.read')) as { status: string }).status, 'ready');
    const missing = await client.request('witan.v1.decision.read', { decisionId: ID }, { headers: KNOWN });
    assertRefused(missing, 'not_found');
    const held = await client.request(
      'witan.v1.review.resolve',
      { decisionId: ID, action: 'approve', reason: 'seen' },
      { headers: KNOWN },
    );
    assertRefused(held, 'conflict');
    const text = await client.request('witan.v1.metrics.read', {}, { headers: KNOWN });
    assert.ok(text.headers['nats-service-error'] === undefined || errorOf(text).code === 'not_supported');
    assert.ok(DecisionView && DecisionId);
  });

  check('malformed, deep, oversized and foreign bodies are refused, typed', async ({ client, gate }) => {
    const send = (body: string | Uint8Array | object, headers = {}): Promise<RawMessage> =>
      client.request('witan.v1.decision.evaluate', body, { headers: { ...KNOWN, ...headers } });
    assertRefused(await send('{'), 'bad_encoding');
    assertRefused(await send(Uint8Array.of(0xff, 0xfe)), 'bad_encoding');
    assertRefused(await send('{"a":1,"a":2}'), 'invalid_argument');
    assertRefused(await send(`${'['.repeat(5_000)}${']'.repeat(5_000)}`), 'too_deep');
    assertRefused(await send({ type: 'chat', text: 'x', tenant: 'other' }), 'unknown_field');
    assertRefused(await send({ type: 'chat', text: 'x'.repeat(200_001) }), 'too_large');
    assertRefused(
      await send({ type: 'chat', text: 'x' }, { 'Content-Type': 'text/plain' }),
      'invalid_argument',
    );
    assertRefused(await send('', {}), 'invalid_argument');
    assertRefused(
      await send({ type: 'chat', text: 'x' }, { 'Nats-Msg-Id': 'x'.repeat(201) }),
      'invalid_argument',
    );
    assert.is(gate.openCount, 0);
  });

  check('a request without a reply subject is not carried out', async ({ client, backend, gate }) => {
    client.publish('witan.v1.decision.evaluate', { type: 'chat', text: 'x' }, { headers: KNOWN });
    await client.request('witan.v1.health.read');
    assert.equal(backend.submitted, []);
    assert.is(gate.calls.length, 1);
  });

  check(
    'of ten thousand requests at once the bound is taken in, the rest is told overloaded',
    async ({ client, backend, door, gate }) => {
      const decided: (() => void)[] = [];
      backend.decide = (decisionId) =>
        new Promise((resolve) => decided.push(() => resolve(scriptedVerdict(decisionId))));
      const inbox = client.newInbox();
      const answers = client.subscribe(inbox);
      const body = JSON.stringify({ type: 'chat', text: 'x' });
      for (let n = 0; n < 10_000; n++) {
        client.publish('witan.v1.decision.evaluate', body, { headers: KNOWN, replyTo: inbox });
      }
      for (let n = 0; n < 10_000 - 50; n++) assertRefused(await answers.next(10_000), 'overloaded');
      assert.is(door.load.requests, 50);
      assert.is(decided.length, 50);
      for (const decide of decided) decide();
      for (let n = 0; n < 50; n++) {
        assert.is((await answers.next()).headers['nats-service-error'], undefined);
      }
      await client.request('witan.v1.health.read');
      assert.is(gate.openCount, 0);
    },
    { maxRequests: 50 },
  );

  check('a defect says nothing of itself to the caller', async ({ client, backend, defects }) => {
    backend.readDecision = async () => {
      throw new TypeError('secret detail');
    };
    const answer = await client.request('witan.v1.decision.read', { decisionId: ID }, { headers: KNOWN });
    assertRefused(answer, 'internal');
    assert.not.match(answer.data.toString(), /secret/);
    assert.match(String((defects.splice(0)[0] as Error).message), /secret detail/);
  });

  check('an answer larger than the server carries is told as too_large', async ({ client, backend }) => {
    backend.tree = async () => [{ path: 'x'.repeat(1_100_000) } as never];
    assertRefused(await client.request('witan.v1.actor.tree', {}, { headers: KNOWN }), 'too_large');
  });

  check('the service is found: ping, info, stats, also by name and id', async ({ client, door }) => {
    await client.request('witan.v1.decision.list', {}, { headers: KNOWN });
    await client.request('witan.v1.decision.list', {});
    for (const suffix of ['', '.witan', `.witan.${door.id}`]) {
      const ping = jsonOf(await client.request(`$SRV.PING${suffix}`));
      assert.equal(ping, {
        type: 'io.nats.micro.v1.ping_response',
        name: 'witan',
        id: door.id,
        version: '1.2.3',
        metadata: { node: 'node-1' },
      });
      const info = jsonOf<{ type: string; endpoints: Record<string, unknown>[] }>(
        await client.request(`$SRV.INFO${suffix}`),
      );
      assert.is(info.type, 'io.nats.micro.v1.info_response');
      assert.equal(
        info.endpoints.map((one) => one['subject']),
        NATS_ENDPOINTS.map(({ operation }) => `witan.v1.${operation}`),
      );
      for (const one of info.endpoints) assert.match(String(one['name']), /^[a-z-]+$/);
      const stats = jsonOf<{ type: string; started: string; endpoints: Record<string, unknown>[] }>(
        await client.request(`$SRV.STATS${suffix}`),
      );
      assert.is(stats.type, 'io.nats.micro.v1.stats_response');
      assert.ok(Date.parse(stats.started) > 0);
      const list = stats.endpoints.find((one) => one['name'] === 'decision-list')!;
      assert.is(list['num_requests'], 2);
      assert.is(list['num_errors'], 1);
      assert.is(list['last_error'], 'unauthenticated');
      assert.ok((list['processing_time'] as number) > 0);
    }
  });

  check(
    'two doors of a group share the requests; each is found',
    async ({ server, backend, gate, client }) => {
      const { openNatsDoor } = await import('../../transport/nats/door/nats-door.ts');
      const second = await openNatsDoor({
        connect: { url: server.url, name: 'second' },
        backend,
        gate,
        version: '1.2.3',
        node: 'node-2',
      });
      const inbox = client.newInbox();
      const found = client.subscribe(inbox);
      client.publish('$SRV.PING', '', { replyTo: inbox });
      const nodes = [await found.next(), await found.next()].map(
        (one) => jsonOf<{ metadata: { node: string } }>(one).metadata.node,
      );
      assert.equal(nodes.sort(), ['node-1', 'node-2']);
      for (let n = 0; n < 20; n++) await client.request('witan.v1.health.read');
      assert.is(gate.calls.length, 20, 'each request is served once');
      await second.close(0);
      await client.request('witan.v1.health.read');
      assert.is(gate.calls.length, 21);
    },
  );

  test('no server, no door: unavailable at once, and nothing is left open', async () => {
    const { openNatsDoor } = await import('../../transport/nats/door/nats-door.ts');
    const gone = await startNats({ jetStream: false });
    await gone.end();
    let code: string | undefined;
    const options = { connect: { url: gone.url, name: 'door' }, version: '1.0.0', node: 'n' };
    await openNatsDoor({ ...options, backend: {} as never, gate: {} as never }).catch(
      (error: { code: string }) => (code = error.code),
    );
    assert.is(code, 'unavailable');
  });

  check(
    'a caller without credentials stands for a key only where the operator says so',
    async ({ client, gate }) => {
      assert.is((await client.request('witan.v1.agent.list', {})).headers['nats-service-error'], undefined);
      assert.is(gate.calls[0]!.credentials.apiKey, 'test-key');
      const wrong = await client.request(
        'witan.v1.agent.list',
        {},
        { headers: { 'Witan-Api-Key': 'guess' } },
      );
      assertRefused(wrong, 'unauthenticated');
    },
    { fallbackKey: 'test-key' },
  );
}
