/** What is another tenant's does not exist, at any door, in any stream, and takes no other time to say so. */
import { WebSocket } from 'ws';
import type { DescMethod } from '@bufbuild/protobuf';
import { Agents } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { GrpcTestClient, reading } from '../doors/grpc-client.ts';
import { jsonOf } from '../doors/raw-nats.ts';
import { assert, suite } from '../harness.ts';
import { AttackedNode } from './doors/attacked-node.ts';
import { Callers, httpHeaders, natsHeaders } from './doors/callers.ts';
import type { Answer } from './doors/callers.ts';

const test = suite('doors: another tenant', { limitMs: 60_000 });

let node: AttackedNode;
let callers: Callers;
/** A decision of red, and an id that is nobody's. */
let known: string;
const unknown = `d${'0123456789abcdef'.repeat(2)}`;
const METHODS = Council.method;

test.before(async () => {
  node = await AttackedNode.start();
  callers = await Callers.connect(node);
  known = await decide('red');
});
test.after(async () => {
  callers.close();
  await node.end();
});

async function decide(tenant: 'red' | 'blue', fields: object = {}): Promise<string> {
  const body = JSON.stringify({
    type: 'chat',
    text: 'Where does the sun rise?',
    council: 'always',
    ...fields,
  });
  const { code, text } = await callers.http('POST', '/api/v1/decisions/evaluate', {
    body,
    apiKey: node.key(tenant),
  });
  assert.is(code, 'ok', text);
  return (JSON.parse(text) as { body: { decisionId: string } }).body.decisionId;
}

const BLUE = () => ({ apiKey: node.key('blue') });
const resolution = { action: 'approve', reason: 'because' };

/** Every call that names a decision. */
const BY_ID: Record<string, (id: string) => Promise<Answer>> = {
  'http read': (id) => callers.http('GET', `/api/v1/decisions/${id}`, BLUE()),
  'http proof': (id) => callers.http('GET', `/api/v1/decisions/${id}/proof`, BLUE()),
  'http verify': (id) => callers.http('GET', `/api/v1/decisions/${id}/verify`, BLUE()),
  'http events': (id) => callers.http('GET', `/api/v1/decisions/${id}/events`, BLUE()),
  'http events after': (id) => callers.http('GET', `/api/v1/decisions/${id}/events?after=3`, BLUE()),
  'http resolve': (id) =>
    callers.http('POST', `/api/v1/decisions/${id}/resolution`, {
      body: JSON.stringify(resolution),
      ...BLUE(),
    }),
  'live subscribe': (decisionId) => callers.live(BLUE(), { type: 'subscribe', decisionId }),
  ...Object.fromEntries(
    [METHODS.getDecision, METHODS.getProof, METHODS.verify, METHODS.watch].map((method: DescMethod) => [
      `grpc ${method.name}`,
      (decisionId: string) => callers.grpc(method, { decisionId }, BLUE()),
    ]),
  ),
  'grpc ResolveReview': (decisionId) =>
    callers.grpc(METHODS.resolveReview, { decisionId, action: 1, reason: 'because' }, BLUE()),
  'nats read': (decisionId) => callers.natsCall('decision.read', { decisionId }, BLUE()),
  'nats proof': (decisionId) => callers.natsCall('decision.proof', { decisionId }, BLUE()),
  'nats verify': (decisionId) => callers.natsCall('decision.verify', { decisionId }, BLUE()),
  'nats follow': (decisionId) => callers.natsCall('decision.follow', { decisionId }, BLUE()),
  'nats resolve': (decisionId) => callers.natsCall('review.resolve', { decisionId, ...resolution }, BLUE()),
};

const tried = (): [string, (id: string) => Promise<Answer>][] =>
  Object.entries(BY_ID).filter(([name]) => callers.nats || !name.startsWith('nats'));

/** An answer without what differs between two calls: the id, and headers of the call. */
function stripped({ code, text }: Answer, id: string): string {
  return `${code} ${text}`
    .replaceAll(id, 'ID')
    .replaceAll(/"ratelimit-[\w-]+":"\d+",?/g, '')
    .replaceAll(/[^ -~]/g, '');
}

test('a decision of another is answered as one that nobody made', async () => {
  for (const [name, call] of tried()) {
    const [foreign, nobodys] = [await call(known), await call(unknown)];
    assert.is(foreign.code, 'not_found', `${name}: ${foreign.text.slice(0, 300)}`);
    assert.is(stripped(foreign, known), stripped(nobodys, unknown), name);
    node.assertSaysNothing(foreign.text);
  }
});

test('an id of another tenant takes as long as an unknown one', async () => {
  for (const name of ['http read', 'grpc GetDecision', 'nats read', 'http proof']) {
    const call = BY_ID[name]!;
    if (name.startsWith('nats') && !callers.nats) continue;
    const times: Record<string, number[]> = { [known]: [], [unknown]: [] };
    for (let at = 0; at < 150; at += 1) {
      for (const id of at % 2 ? [known, unknown] : [unknown, known]) {
        const startedMs = performance.now();
        await call(id);
        times[id]!.push(performance.now() - startedMs);
      }
    }
    const [foreign, nobodys] = [median(times[known]!), median(times[unknown]!)];
    const ratio = Math.max(foreign, nobodys) / Math.min(foreign, nobodys);
    assert.ok(ratio < 2, `${name}: ${foreign.toFixed(2)} and ${nobodys.toFixed(2)} ms`);
  }
});

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

test('lists, activity, reviews and keys hold nothing of another, with no cursor of theirs', async () => {
  await decide('red');
  const page = await callers.http('GET', '/api/v1/decisions?limit=1', { apiKey: node.key('red') });
  const { nextCursor } = JSON.parse(page.text) as { nextCursor: string };
  assert.ok(nextCursor);
  const lists: [string, Promise<Answer>][] = [
    '/api/v1/decisions',
    `/api/v1/decisions?cursor=${encodeURIComponent(nextCursor)}`,
    '/api/v1/agents/privacy/activity',
    '/api/v1/review',
    '/api/v1/keys',
  ].map((path) => [path, callers.http('GET', path, BLUE())]);
  lists.push(['grpc list', callers.grpc(METHODS.listDecisions, {}, BLUE())]);
  lists.push(['grpc cursor', callers.grpc(METHODS.listDecisions, { cursor: nextCursor }, BLUE())]);
  lists.push(['grpc activity', callers.grpc(METHODS.listAgentActivity, { agentId: 'privacy' }, BLUE())]);
  lists.push(['grpc reviews', callers.grpc(METHODS.listReviews, {}, BLUE())]);
  if (callers.nats) {
    for (const [operation, body] of [
      ['decision.list', {}],
      ['decision.list', { cursor: nextCursor }],
      ['agent.activity', { agentId: 'privacy' }],
      ['review.queue', {}],
      ['key.list', {}],
    ] as const) {
      lists.push([`nats ${operation}`, callers.natsCall(operation, body, BLUE())]);
    }
  }
  for (const [name, asked] of lists) {
    const { code, text } = await asked;
    assert.ok(['ok', 'invalid_argument'].includes(code), `${name}: ${code}`);
    assert.not.ok(text.includes(known), name);
  }
});

test('a key of another is rotated and revoked by nobody else', async () => {
  const made = await callers.http('POST', '/api/v1/keys', {
    body: JSON.stringify({ scopes: ['decision:read'] }),
    apiKey: node.key('red'),
  });
  const { id, key } = JSON.parse(made.text) as { id: string; key: string };
  node.keepSecret(key);
  const nobodys = '0'.repeat(16);
  for (const verb of ['rotate', 'revoke']) {
    const body = JSON.stringify(verb === 'revoke' ? { reason: 'x' } : {});
    const answers = [];
    for (const one of [id, nobodys]) {
      const answer = await callers.http('POST', `/api/v1/keys/${one}/${verb}`, { body, ...BLUE() });
      answers.push(stripped(answer, one));
      if (!callers.nats) continue;
      const given = { id: one, ...(verb === 'revoke' && { reason: 'x' }) };
      answers.push((await callers.natsCall(`key.${verb}`, given, BLUE())).code);
    }
    assert.match(answers[0]!, /^not_found/);
    assert.equal(answers.slice(answers.length / 2), answers.slice(0, answers.length / 2), verb);
  }
  assert.is((await callers.http('GET', '/api/v1/decisions', { apiKey: key })).code, 'ok');
});

test('feeds of all decisions are feeds of the own tenant, at every door at once', async () => {
  const seen = new Map<string, string[]>();
  const note = (door: string, text: string): void =>
    void (seen.get(door) ?? seen.set(door, []).get(door)!).push(text);
  // Who votes follows one decision at a time.
  const blue = { apiKey: node.key('blue', 'not:agent:serve') };
  const abort = new AbortController();
  const events = await fetch(`${node.url}/api/v1/events`, {
    headers: httpHeaders(blue),
    signal: abort.signal,
  });
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  const reads = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) note('http', part.value);
  })().catch(() => undefined);
  const red = await openLive(node.url, node.key('red', 'not:agent:serve'), (text) => note('red', text));
  red.send(JSON.stringify({ type: 'subscribe' }));
  const redFeed = await until(() => feedIn(seen.get('red') ?? []));
  const live = await openLive(node.url, blue.apiKey, (text) => note('live', text));
  live.send(JSON.stringify({ type: 'subscribe', since: 1, feed: redFeed }));
  await until(() => feedIn(seen.get('live') ?? []));
  const client = new GrpcTestClient(node.host.grpcAddress!.target);
  const watch = client.serverStream(METHODS.watch, {}, { metadata: httpHeaders(blue) });
  watch.on('data', (message: object) =>
    note(
      'grpc',
      JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    ),
  );
  watch.on('error', () => undefined);
  const inbox = callers.nats?.newInbox();
  const stream = inbox === undefined ? undefined : callers.nats!.subscribe(inbox);
  if (stream) {
    callers.nats!.publish(
      'witan.v1.decision.follow-all',
      { credit: 1_000 },
      { replyTo: inbox!, headers: natsHeaders(blue) },
    );
    const first = await stream.next();
    assert.is(first.headers['witan-frame'], 'open', jsonOf(first));
  }
  // The order of two submissions is the order of their events: what comes of blue's came after all of red's.
  const foreign = await decide('red', { text: 'What does red ask?' });
  const own: string[] = [];
  // A feed may open after the first of them; each door shows one of them sooner or later.
  await until(async () => {
    own.push(await decide('blue', { text: `What does blue ask? ${performance.now()}` }));
    for (const message of stream?.waiting ?? []) note('nats', message.data.toString());
    const doors = ['http', 'live', 'grpc', ...(stream ? ['nats'] : [])];
    const shows = (text: string): boolean => own.some((id) => text.includes(id.slice(1)));
    return doors.every((door) => seen.get(door)?.some(shows)) || undefined;
  });
  for (const [door, texts] of seen) {
    if (door === 'red') continue;
    for (const id of [foreign, known])
      assert.not.ok(
        texts.some((text) => text.includes(id)),
        door,
      );
  }
  assert.ok(seen.get('red')!.every((text) => own.every((id) => !text.includes(id))));
  abort.abort();
  live.terminate();
  red.terminate();
  watch.cancel();
  client.close();
  stream?.unsubscribe();
  await reads;
});

function feedIn(texts: readonly string[]): string | undefined {
  for (const text of texts) {
    const message = JSON.parse(text) as { type: string; feed?: string };
    if (message.type === 'snapshot') return message.feed;
    assert.is.not(message.type, 'resumed');
  }
  return undefined;
}

/** Asks in later turns of the loop until there is an answer; the test's own limit ends it. */
async function until<T>(ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function openLive(url: string, apiKey: string, onText: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, {
    headers: httpHeaders({ apiKey }),
  });
  socket.on('message', (data: Buffer) => onText(data.toString()));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

test('an outside agent gets work of its own tenant alone, and takes nobody else’s name away', async () => {
  const client = new GrpcTestClient(node.host.grpcAddress!.target);
  const serve = (tenant: 'red' | 'blue') => {
    const stream = client.bothStream(Agents.method.serve, {
      metadata: httpHeaders({ apiKey: node.key(tenant) }),
    });
    const agent = {
      agentId: 'reviewer',
      title: 'T',
      mandate: 'M',
      publicKey: '0'.repeat(63) + '1',
      decisionTypes: [],
    };
    stream.write({ message: { case: 'register', value: agent } });
    return {
      stream,
      read: reading(stream as never) as ReturnType<typeof reading<{ message: { case: string } }>>,
    };
  };
  const red = serve('red');
  const blue = serve('blue');
  assert.is((await red.read.next(1))[0]!.message.case, 'registered');
  assert.is((await blue.read.next(1))[0]!.message.case, 'registered');
  const id = await decide('red', { text: 'May red do this?' });
  const text = (side: typeof red): string =>
    JSON.stringify(side.read.messages, (_, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
  await until(() => (text(red).includes(id) ? true : undefined));
  const own = await decide('blue', { text: 'May blue do this?' });
  await until(() => (text(blue).includes(own) ? true : undefined));
  assert.not.ok(text(blue).includes(id));
  assert.not.ok(text(red).includes(own));
  red.stream.cancel();
  blue.stream.cancel();
  await Promise.all([red.read.ended, blue.read.ended]);
  client.close();
});

test('a tenant that floods is refused itself, and takes no place of another', async () => {
  const answers = new Map<string, number>();
  let isOver = false;
  const flood = Array.from({ length: 16 }, async () => {
    while (!isOver) {
      const { code } = await callers.http('POST', '/api/v1/decisions/evaluate', {
        body: JSON.stringify({ type: 'chat', text: 'Once more.', council: 'always' }),
        apiKey: node.key('red'),
      });
      answers.set(code, (answers.get(code) ?? 0) + 1);
    }
  });
  try {
    await until(() => answers.get('overloaded'));
    // Each must be let in: of eight credits red holds what blue does not.
    for (let at = 0; at < 8; at += 1) await decide('blue', { text: `Is there room for ${at} of blue?` });
  } finally {
    isOver = true;
    await Promise.all(flood);
  }
  assert.equal([...answers.keys()].sort(), ['ok', 'overloaded']);
});

test('keys of idempotency, repeated texts and retries do not reach across', async () => {
  const shared = { idempotencyKey: 'shared', text: 'The same question of two' };
  const [red, blue] = [await decide('red', shared), await decide('blue', shared)];
  assert.is.not(red, blue);
  const view = await callers.http('GET', `/api/v1/decisions/${blue}`, BLUE());
  assert.not.ok(view.text.includes(red), 'attempts of another tenant are no evidence here');
  const retry = await callers.http('POST', '/api/v1/decisions/evaluate', {
    body: JSON.stringify({ type: 'chat', text: 'Again', council: 'always', retryOf: red }),
    ...BLUE(),
  });
  const nobodys = await callers.http('POST', '/api/v1/decisions/evaluate', {
    body: JSON.stringify({ type: 'chat', text: 'Again', council: 'always', retryOf: unknown }),
    ...BLUE(),
  });
  assert.is(retry.code, nobodys.code, retry.text.slice(0, 300));
});

test('the node works', () => node.assertHealthy());
