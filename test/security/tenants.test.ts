/** Tenants and scopes over HTTP: nobody reads, follows or does what is not theirs. */
import { createHash } from 'node:crypto';
import { readServerEvents } from '../../apps/cli/event-reader.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { BENIGN } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';

const test = suite('tenants', { limitMs: 180_000 });
const digestOf = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`;
const EVERY = ['decision:submit', 'decision:read', 'operator:read', 'operator:act', 'review:resolve'];

let host: Host;
let url: string;

test.before(async () => {
  const key = (id: string, tenant: string, scopes: string[]) => ({
    id,
    tenant,
    scopes,
    digest: digestOf(id) as never,
  });
  host = await createHost({
    dataDir: null,
    settings: {
      http: { port: 0 },
      identity: {
        apiKeys: [
          key('red', 'red', EVERY),
          key('blue', 'blue', EVERY),
          key('reader', 'red', ['decision:read']),
        ],
      },
    },
  });
  await host.start();
  url = host.address!.url;
});
test.after(() => host.stop({ graceMs: 500 }));

const as = (key: string) => ({ 'x-api-key': key, 'content-type': 'application/json' });

async function submit(key: string): Promise<{ status: number; id: string }> {
  const path = '/api/v1/decisions/evaluate';
  const response = await fetch(url + path, {
    method: 'POST',
    headers: as(key),
    body: JSON.stringify(BENIGN),
  });
  const { body } = (await response.json()) as { body?: { decisionId: string } };
  return { status: response.status, id: body?.decisionId ?? '' };
}

const statusOf = async (path: string, key: string, method = 'GET'): Promise<number> =>
  (await fetch(url + path, { method, headers: { 'x-api-key': key } })).status;

test('a decision of another tenant does not exist', async () => {
  const { id } = await submit('red');
  for (const path of ['', '/proof', '/events']) {
    assert.is(await statusOf(`/api/v1/decisions/${id}${path}`, 'blue'), 404, path);
  }
  assert.is(await statusOf(`/api/v1/decisions/${id}`, 'red'), 200);
  for (const path of ['/api/v1/decisions', '/api/v1/agents/privacy/activity', '/api/v1/review']) {
    const response = await fetch(url + path, { headers: { 'x-api-key': 'blue' } });
    assert.not.ok((await response.text()).includes(id), path);
  }
});

test('the feed of all decisions is the feed of the own tenant', async () => {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/v1/events`, {
    headers: { 'x-api-key': 'blue' },
    signal: abort.signal,
  });
  const red = await submit('red');
  const blue = await submit('blue');
  const seen = new Set<string>();
  for await (const event of readServerEvents(response.body as unknown as AsyncIterable<Uint8Array>)) {
    seen.add((JSON.parse(event.data) as { decisionId: string }).decisionId);
    if (event.name === 'final') break;
  }
  abort.abort();
  assert.equal([...seen], [blue.id]);
  assert.is.not(red.id, blue.id);
});

test('a scope that is missing is 403, a key that is wrong is 401, also from loopback', async () => {
  assert.is((await submit('reader')).status, 403);
  assert.is(await statusOf('/api/v1/tree', 'reader'), 403);
  assert.is(await statusOf('/api/v1/actors/council/guardian/stop', 'reader', 'POST'), 403);
  assert.ok(host.inspect.tree('/council/guardian').length > 0);
  assert.is(await statusOf('/api/v1/decisions', 'wrong'), 401);
  assert.is(await statusOf('/api/v1/decisions', 'reader'), 200);
});

test('the same idempotency key of two tenants is two decisions', async () => {
  const body = JSON.stringify({ ...BENIGN, idempotencyKey: 'shared' });
  const ids = await Promise.all(
    ['red', 'blue'].map(async (key) => {
      const response = await fetch(`${url}/api/v1/decisions/evaluate`, {
        method: 'POST',
        headers: as(key),
        body,
      });
      return ((await response.json()) as { body: { decisionId: string } }).body.decisionId;
    }),
  );
  assert.is(new Set(ids).size, 2);
});
