/** A whole node over HTTP: what a caller in another language sees. */
import { fromHex } from '../../contracts/ledger/bytes.ts';
import { createHost, verifyDecisionProof } from '../../index.ts';
import type { Host, PinnedKey } from '../../index.ts';
import { readServerEvents } from '../../apps/cli/event-reader.ts';
import { BENIGN } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';

const test = suite('http-node', { limitMs: 180_000 });
let host: Host;
let url: string;

test.before(async () => {
  host = await createHost({ dataDir: null, settings: { http: { port: 0 } } });
  await host.start();
  url = host.address!.url;
});
test.after(() => host.stop({ graceMs: 500 }));

type Body = Record<string, unknown> & { error?: { code: string; details: Record<string, unknown> } };

async function call(
  path: string,
  options: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: Body }> {
  const { method = options.body === undefined ? 'GET' : 'POST', body, headers = {} } = options;
  const response = await fetch(url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

const evaluate = (body: unknown, headers: Record<string, string> = {}): ReturnType<typeof call> =>
  call('/api/v1/decisions/evaluate', { body, headers });
const idOf = (body: Body): string => (body['body'] as { decisionId: string }).decisionId;

test('a decision is judged, read, listed and proven', async () => {
  const { status, body } = await evaluate(BENIGN);
  assert.is(status, 200);
  assert.is((body['ballots'] as unknown[]).length, 12);
  const id = idOf(body);
  const read = (await call(`/api/v1/decisions/${id}`)).body;
  assert.equal([read['state'], (read['record'] as Body)['state']], ['final', 'checkpointed']);
  const list = (await call('/api/v1/decisions?limit=1&outcome=approved')).body as unknown as {
    items: { decisionId: string }[];
  };
  assert.is(list.items[0]!.decisionId, id);
  const proof = (await call(`/api/v1/decisions/${id}/proof`)).body;
  assert.is(verifyDecisionProof(proof, host.pinnedKey()).ok, true);
  const foreign: PinnedKey = { ...host.pinnedKey(), publicKeys: ['11'.repeat(32)] };
  assert.is(fromHex(foreign.publicKeys[0]!).length, 32);
  assert.is(verifyDecisionProof(proof, foreign).ok, false);
});

test('the same key again is the same decision; with another payload it is 409', async () => {
  const headers = { 'idempotency-key': 'once' };
  const [first, second] = await Promise.all([evaluate(BENIGN, headers), evaluate(BENIGN, headers)]);
  assert.equal(first.body, second.body);
  const other = await evaluate({ ...BENIGN, text: 'Something else.' }, headers);
  assert.equal([other.status, other.body.error?.code], [409, 'conflict']);
});

test('an accepted decision is followed to its verdict', async () => {
  const { status, body } = await evaluate(BENIGN, { prefer: 'respond-async' });
  assert.is(status, 202);
  const response = await fetch(`${url}/api/v1/decisions/${String(body['decisionId'])}/events`);
  const names: string[] = [];
  for await (const event of readServerEvents(response.body as unknown as AsyncIterable<Uint8Array>)) {
    names.push(event.name);
    if (event.name === 'final') break;
  }
  assert.is(names.filter((name) => name === 'ballot').length, 12);
  assert.is(names[0], 'opened');
});

test('every agent has an activity log, paged, newest first', async () => {
  await evaluate(BENIGN);
  const agents = (await call('/api/v1/agents')).body as unknown as {
    items: { agentId: string; processedCount: number }[];
  };
  assert.is(agents.items.length, 12);
  const path = '/api/v1/agents/privacy/activity?limit=1';
  const first = (await call(path)).body as unknown as {
    items: { index: number; vote: string }[];
    nextCursor: string;
  };
  const second = (await call(`${path}&cursor=${first.nextCursor}`)).body as unknown as {
    items: { index: number }[];
  };
  assert.ok(first.items[0]!.index > second.items[0]!.index);
  assert.is((await call('/api/v1/agents/nobody/activity')).status, 404);
});

test('a held decision waits for a person, whose word is recorded once', async () => {
  const held = await evaluate({
    type: 'deployment',
    text: 'Roll the new model out to all regions tonight.',
    context: { irreversible: true },
    risk_level: 'high',
    council: 'always',
  });
  const id = idOf(held.body);
  const { outcome } = held.body['body'] as { outcome: string };
  const action = outcome === 'held' ? 'reject' : 'override';
  const queue = (await call('/api/v1/review')).body as unknown as { items: { decisionId: string }[] };
  assert.is(
    queue.items.some((item) => item.decisionId === id),
    outcome === 'held',
  );
  const body = { action, reason: 'No test was run.' };
  const resolved = await call(`/api/v1/decisions/${id}/resolution`, { body });
  assert.equal([resolved.status, resolved.body['by']], [201, 'local']);
  assert.is((await call(`/api/v1/decisions/${id}/resolution`, { body })).status, 409);
  const read = (await call(`/api/v1/decisions/${id}`)).body;
  assert.is((read['resolutions'] as unknown[]).length, 1);
  assert.is(
    (read['verdict'] as { body: { outcome: string } }).body.outcome,
    outcome,
    'the verdict stays as it is',
  );
  const after = (await call('/api/v1/review')).body as unknown as { items: { decisionId: string }[] };
  assert.not.ok(after.items.some((item) => item.decisionId === id));
});

test('an operator restarts a seat; the command is on the record', async () => {
  const before = host.inspect.health().checks.find((check) => check.name === 'record')!.detail;
  assert.is((await call('/api/v1/actors/council/wisdom/restart', { method: 'POST' })).status, 200);
  assert.is.not(host.inspect.health().checks.find((check) => check.name === 'record')!.detail, before);
  assert.is((await call('/api/v1/actors/no/such/actor/stop', { method: 'POST' })).status, 404);
  assert.is((await evaluate(BENIGN)).status, 200);
});

test('the tree lists parents before children', async () => {
  const { items } = (await call('/api/v1/tree')).body as unknown as { items: { path: string }[] };
  const paths = items.map((item) => item.path);
  for (const path of ['/council/guardian', '/platform/orchestrator', '/system/seats'])
    assert.ok(paths.includes(path), path);
  paths.forEach((path, index) => {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '') assert.ok(paths.indexOf(parent) < index, path);
  });
});

test('bad input leaves no decision on the record', async () => {
  const before = (await call('/api/v1/decisions')).body;
  for (const body of [{}, { type: 'chat' }, { type: 'chat', text: 'x', tenant: 'y' }, []]) {
    assert.is((await evaluate(body)).status, 400);
  }
  assert.equal((await call('/api/v1/decisions')).body, before);
});

test('the page and its parts are served under the strict policy', async () => {
  for (const [path, type] of [
    ['/', 'text/html'],
    ['/live.js', 'text/javascript'],
    ['/live.css', 'text/css'],
  ] as const) {
    const response = await fetch(url + path);
    assert.is(response.status, 200);
    assert.ok(response.headers.get('content-type')?.startsWith(type));
    const again = await fetch(url + path, { headers: { 'if-none-match': response.headers.get('etag')! } });
    assert.is(again.status, 304);
  }
});
