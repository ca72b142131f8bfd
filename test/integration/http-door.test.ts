/** The HTTP door over real sockets: bad input, answers, guards. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { WitanError } from '../../contracts/errors.ts';
import { openStubDoor } from '../doors/stub-backend.ts';
import { scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { assert, suite } from '../harness.ts';

const test = suite('http-door', { limitMs: 10_000 });
const { backend, door, url, port } = await openStubDoor({
  limits: { maxBytes: 20_000, maxDepth: 17, maxNodes: 2_000 },
});
test.after(() => door.close());

interface Answer {
  status: number;
  body: {
    error?: { code: string; message: string; retryable: boolean; details: Record<string, unknown> };
  } & Record<string, unknown>;
  headers: Headers;
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/decisions/evaluate`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return {
    status: response.status,
    body: (await response.json()) as Answer['body'],
    headers: response.headers,
  };
}

/** Sends headers that `fetch` does not let a caller set. */
function raw(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on('error', reject);
    call.end();
  });
}

const text = (fields: object): string => JSON.stringify({ type: 'chat', text: 'Hello', ...fields });
const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

for (const [name, body, status, code, path] of [
  ['no JSON', 'hello', 400, 'bad_encoding', ''],
  ['nothing', '', 400, 'bad_encoding', ''],
  ['malformed UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 400, 'bad_encoding', ''],
  ['a lone surrogate', '{"type":"chat","text":"\\ud800"}', 400, 'bad_encoding', 'text'],
  ['too many bytes', text({ text: 'x'.repeat(30_000) }), 413, 'too_large', ''],
  ['too many values', text({ context: { a: new Array(3_000).fill(1) } }), 413, 'too_large', undefined],
  ['too deep', text({ context: { a: deep(30) } }), 400, 'too_deep', undefined],
  ['an unknown field', text({ tenant: 'other' }), 400, 'unknown_field', 'tenant'],
  [
    'an unknown field inside',
    text({ messages: [{ role: 'user', content: 'x', weight: 1 }] }),
    400,
    'unknown_field',
    'messages.0.weight',
  ],
  ['a wrong type', text({ text: 5 }), 400, 'invalid_argument', 'text'],
  ['NaN', '{"type":"chat","text":"x","context":{"a":NaN}}', 400, 'bad_encoding', 'context.a'],
  ['1e999', '{"type":"chat","text":"x","context":{"a":1e999}}', 400, 'invalid_argument', 'context.a'],
  ['a duplicate key', '{"type":"chat","type":"loan","text":"x"}', 400, 'invalid_argument', 'type'],
  [
    '__proto__',
    '{"type":"chat","text":"x","context":{"__proto__":{"a":1}}}',
    400,
    'invalid_argument',
    'context.__proto__',
  ],
  ['no subject', '{"type":"chat"}', 400, 'invalid_argument', 'text'],
  ['a list', '[]', 400, 'invalid_argument', ''],
] as const) {
  test(`a body with ${name} is ${status} ${code} with its place`, async () => {
    const before = backend.submitted.length;
    const answer = await post(body as string);
    assert.is(answer.status, status);
    assert.is(answer.body.error?.code, code);
    if (path !== undefined) assert.is(answer.body.error?.details['path'], path);
    assert.is(answer.body.error?.retryable, false);
    assert.is(backend.submitted.length, before, 'nothing reached the council');
  });
}

test('another content type, charset or coding is refused before the body is read', async () => {
  const wrong: Record<string, string>[] = [
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/json; charset=latin1' },
    { 'content-encoding': 'gzip' },
  ];
  for (const headers of wrong) {
    const answer = await post(text({}), headers);
    assert.equal([answer.status, answer.body.error?.code], [400, 'invalid_argument']);
  }
});

test('a decided decision answers 200 with the verdict', async () => {
  backend.decide = async (decisionId) => scriptedVerdict(decisionId);
  const answer = await post(text({}), { 'idempotency-key': 'k1' });
  assert.is(answer.status, 200);
  assert.is((answer.body['body'] as { outcome: string }).outcome, 'approved');
  assert.is(backend.submitted.at(-1)!.idempotencyKey, 'k1');
  assert.match(answer.headers.get('location') ?? '', /^\/api\/v1\/decisions\/d[0-9a-f]{32}$/);
});

test('Idempotency-Key must agree with the body', async () => {
  const answer = await post(text({ idempotencyKey: 'a' }), { 'idempotency-key': 'b' });
  assert.equal([answer.status, answer.body.error?.details['path']], [400, 'idempotency-key']);
});

test('Prefer: respond-async answers 202 with the id while the council sits', async () => {
  backend.decide = () => new Promise(() => undefined);
  const answer = await post(text({}), { prefer: 'respond-async' });
  assert.is(answer.status, 202);
  assert.equal(answer.body, { decisionId: scriptedId(backend.submitted.length), state: 'open' });
});

test('errors of the node keep code, status, retryable and Retry-After', async () => {
  backend.decide = async (decisionId) => {
    throw new WitanError('unavailable', 'the log does not answer', { decisionId, retryAfterMs: 1_500 });
  };
  const answer = await post(text({}));
  assert.equal(
    [answer.status, answer.body.error?.code, answer.body.error?.retryable],
    [503, 'unavailable', true],
  );
  assert.is(answer.headers.get('retry-after'), '2');
  assert.type(answer.body.error?.details['decisionId'], 'string');
});

test('a defect says nothing of the inside', async () => {
  backend.decide = async () => {
    throw new TypeError('secret detail');
  };
  const answer = await post(text({}));
  assert.is(answer.status, 500);
  assert.not.ok(JSON.stringify(answer.body).includes('secret'));
});

test('ids, cursors and queries are checked', async () => {
  for (const [path, code] of [
    ['/api/v1/decisions/d1', 'invalid_argument'],
    [`/api/v1/decisions/${scriptedId(77)}`, 'not_found'],
    ['/api/v1/decisions?limit=0', 'invalid_argument'],
    ['/api/v1/decisions?limit=1&limit=2', 'invalid_argument'],
    ['/api/v1/decisions?order=up', 'unknown_field'],
    ['/api/v1/decisions?outcome=maybe', 'invalid_argument'],
    ['/api/v1/agents/GUARDIAN/activity', 'invalid_argument'],
    ['/api/v2/decisions', 'not_found'],
    ['/api/v1/decisions/%E0%A4%A', 'invalid_argument'],
  ] as const) {
    const response = await fetch(url + path);
    const body = (await response.json()) as Answer['body'];
    assert.is(body.error?.code, code, path);
  }
});

test('every answer carries the security headers', async () => {
  for (const path of ['/health', '/api/v1/decisions', '/nowhere']) {
    const { headers } = await fetch(url + path);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.is(headers.get('x-content-type-options'), 'nosniff');
    assert.is(headers.get('access-control-allow-origin'), null);
  }
});

test('a rebound name, a foreign origin and a proxied stranger are refused', async () => {
  assert.is((await raw('/health', { host: 'evil.example' })).status, 403);
  assert.is(
    (await raw('/api/v1/decisions', { host: `127.0.0.1:${port}`, origin: 'https://evil.example' })).status,
    403,
  );
  assert.is(
    (await raw('/api/v1/decisions', { host: `127.0.0.1:${port}`, 'x-forwarded-for': '203.0.113.9' })).status,
    401,
  );
  assert.is(
    (await raw('/health', { host: `127.0.0.1:${port}`, 'x-forwarded-for': '203.0.113.9' })).status,
    200,
  );
});

test('an operator command reaches the actor that the path names', async () => {
  const response = await fetch(`${url}/api/v1/actors/council/guardian/restart`, { method: 'POST' });
  assert.equal(await response.json(), { path: '/council/guardian', command: 'restart' });
  assert.equal(backend.commands, ['restart /council/guardian']);
  const wrong = await fetch(`${url}/api/v1/actors/council/guardian/explode`, { method: 'POST' });
  assert.is(wrong.status, 400);
});

test('readiness follows the node, liveness does not', async () => {
  backend.status = 'draining';
  const ready = await Promise.all(
    ['/ready', '/health/ready'].map(async (path) => (await fetch(url + path)).status),
  );
  const live = await Promise.all(
    ['/health', '/health/live'].map(async (path) => (await fetch(url + path)).status),
  );
  backend.status = 'ready';
  assert.equal(
    [ready, live],
    [
      [503, 503],
      [200, 200],
    ],
  );
  assert.is((await fetch(`${url}/ready`)).status, 200);
});

test('OpenAPI is made from the schemas and every reference resolves', async () => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, object>;
    components: { schemas: Record<string, { required?: string[] }> };
  };
  assert.ok(document.paths['/api/v1/decisions/{decisionId}']);
  assert.equal(document.components.schemas['DecisionRequest']?.required, ['type']);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
  assert.ok(references.length > 20);
  for (const reference of references) {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1];
    assert.ok(name !== undefined && name in document.components.schemas, reference);
  }
});

test('garbage on the socket gets 400 and the door stays open', async () => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('\x16\x03\x01 nonsense\r\n\r\n'));
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('close', () => resolve(received));
  });
  assert.match(answer, /^HTTP\/1\.1 400/);
  assert.is((await fetch(`${url}/health`)).status, 200);
});
