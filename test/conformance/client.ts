/** What a client must do over every transport. */
import type { WitanClient } from '../../transport/client/index.ts';
import { WitanError } from '../../contracts/errors.ts';
import { ballotEvents, openingEvents, scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import type { StubBackend } from '../doors/stub-backend.ts';
import { assert, suite } from '../harness.ts';
import { assertFails } from './fixture.ts';

/** A client, the backend at the other end, and the end of both. */
export interface ClientFixture {
  readonly client: WitanClient;
  readonly backend: StubBackend;
  /** A client that the gate does not know. */
  readonly stranger?: WitanClient;
  end(): Promise<void>;
}

/** What the transport does not carry. */
export interface ClientLimits {
  readonly withoutKeys?: boolean;
  readonly withoutHealth?: boolean;
}

const REQUEST = { type: 'chat', text: 'Hello' } as const;

/** Declares the suite for one transport. */
export function clientConformance(
  name: string,
  open: () => Promise<ClientFixture>,
  limits: ClientLimits = {},
): void {
  const test = suite(`client over ${name}`, { limitMs: 20_000 });
  let fixture: ClientFixture;
  test.before(async () => {
    fixture = await open();
  });
  test.after(() => fixture?.end());
  const witan = (): WitanClient => fixture.client;

  test('a decision is submitted and its verdict comes back whole', async () => {
    const { backend } = fixture;
    backend.decide = async (id) => scriptedVerdict(id);
    const verdict = await witan().evaluate(REQUEST, { idempotencyKey: 'mine' });
    assert.equal(verdict, scriptedVerdict(verdict.body.decisionId));
    assert.is(backend.submitted.at(-1)!.idempotencyKey, 'mine');
  });

  test('a decision is accepted without waiting for its verdict', async () => {
    fixture.backend.decide = () => new Promise(() => undefined);
    assert.match(await witan().submit(REQUEST), /^d[0-9a-f]{32}$/);
  });

  test('errors keep code, details and whether a retry helps', async () => {
    const { backend } = fixture;
    await assertFails(() => witan().read(scriptedId(404)), 'not_found');
    await assertFails(() => witan().resolve(scriptedId(1), { action: 'approve', reason: 'x' }), 'conflict');
    backend.decide = async () => {
      throw new WitanError('conflict', 'used before', { path: 'idempotencyKey', expected: 'another key' });
    };
    const error = await assertFails(() => witan().evaluate(REQUEST), 'conflict');
    assert.equal([error.details.path, error.details.expected], ['idempotencyKey', 'another key']);
  });

  test('what may pass is repeated under one key', async () => {
    const { backend } = fixture;
    let count = 0;
    backend.decide = async (id) => {
      count += 1;
      if (count < 3) throw new WitanError('unavailable', 'later', { retryAfterMs: 5 });
      return scriptedVerdict(id);
    };
    const from = backend.submitted.length;
    await witan().evaluate(REQUEST);
    const keys = backend.submitted.slice(from).map((one) => one.idempotencyKey);
    assert.equal([keys.length, new Set(keys).size], [3, 1]);
  });

  test('a call ends with its time and with its signal', async () => {
    fixture.backend.decide = () => new Promise(() => undefined);
    await assertFails(() => witan().evaluate(REQUEST, { timeoutMs: 60 }), 'deadline_exceeded');
    const abort = new AbortController();
    const call = assertFails(() => witan().evaluate(REQUEST, { signal: abort.signal }), 'cancelled');
    abort.abort();
    await call;
  });

  test('lists, seats, checks and the queue of reviews are read', async () => {
    assert.equal(await witan().list({ limit: 3, outcome: 'held', type: 'loan' }), {
      items: [],
      nextCursor: null,
    });
    assert.equal(await witan().agents(), []);
    assert.equal(await witan().agentActivity('wisdom', { limit: 2 }), { items: [], nextCursor: null });
    assert.equal(await witan().check(scriptedId(1)), { verified: true, detail: 'stub' });
    assert.equal(await witan().reviewQueue(), { items: [], nextCursor: null });
    await assertFails(() => witan().proof(scriptedId(1)), 'not_found');
  });

  test('a decision is followed from any sequence to its verdict', async () => {
    const { backend } = fixture;
    const id = scriptedId(70);
    backend.publish(id, ...openingEvents(), ...ballotEvents(id, 1));
    const seen: number[] = [];
    for await (const item of witan().watch(id, { afterSequence: 2 })) {
      assert.is(item.kind, 'event');
      if (item.kind === 'event') seen.push(item.event.sequence);
      if (seen.length === 4) backend.publish(id, { type: 'final', verdict: scriptedVerdict(id) });
    }
    assert.equal(seen, [3, 4, 5, 6, 7]);
  });

  test('a recorded decision is followed as one snapshot, and read', async () => {
    const { backend } = fixture;
    const id = scriptedId(71);
    const view = {
      decisionId: id,
      state: 'final' as const,
      type: 'loan',
      request: { type: 'loan', text: 'x' },
      sessionDigest: '',
      submittedBy: 'local',
      openedAt: '2026-11-05T10:00:00.000Z',
      verdict: scriptedVerdict(id),
      record: { logId: 'x', openedIndex: 0, finalIndex: 1, state: 'checkpointed' as const },
      resolutions: [],
    };
    backend.views.set(id, view);
    const items = [];
    for await (const item of witan().watch(id)) items.push(item);
    assert.equal(items, [{ kind: 'snapshot', view }]);
    assert.equal(await witan().read(id), view);
  });

  test('all decisions are followed until the caller stops', async () => {
    const { backend } = fixture;
    const all = witan().watch(null);
    const first = all.next();
    const timer = setInterval(() => backend.publish(scriptedId(72), ...openingEvents()), 10);
    const { value } = await first;
    clearInterval(timer);
    assert.is(value?.kind, 'event');
    await all.return(undefined);
  });

  test('an unknown decision cannot be followed', async () => {
    await assertFails(() => witan().watch(scriptedId(405)).next(), 'not_found');
  });

  test('who is not known is told so', async () => {
    if (fixture.stranger) await assertFails(() => fixture.stranger!.list(), 'unauthenticated');
    else assert.ok(name === 'gRPC', 'only this fixture knows no stranger');
  });

  if (limits.withoutHealth) {
    test('what the transport does not carry is said', async () => {
      await assertFails(() => witan().health(), 'not_supported');
      await assertFails(() => witan().keys.list(), 'not_supported');
    });
  } else {
    test('health is read', async () => {
      assert.is((await witan().health()).status, 'ready');
    });
  }
}
