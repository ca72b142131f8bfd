/** The policy, evolution and audit engines at the paths that they keep (GWY-03), over HTTP at a whole node. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditReceipt } from '../../contracts/messages/engines/audit-event.ts';
import { EvolutionAnswer } from '../../contracts/messages/engines/evolution.ts';
import { PolicyDecision } from '../../contracts/messages/engines/policy.ts';
import { createHost } from '../../index.ts';
import type { Host, HostConfig } from '../../index.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { collect } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';

const test = suite('engines at their own paths', { limitMs: 180_000 });

const KEYS = { red: 'red-engines-key', blue: 'blue-engines-key', weak: 'weak-engines-key' } as const;
const SCOPES = ['decision:submit', 'decision:read', 'policy:evaluate', 'audit:append'];
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const identity = {
  trustLoopback: false,
  apiKeys: [
    { id: 'red', tenant: 'red', scopes: SCOPES, digest: digestOf(KEYS.red) },
    { id: 'blue', tenant: 'blue', scopes: SCOPES, digest: digestOf(KEYS.blue) },
    { id: 'weak', tenant: 'red', scopes: ['decision:read'], digest: digestOf(KEYS.weak) },
  ],
} as unknown as NonNullable<NonNullable<HostConfig['settings']>['identity']>;

type Body = Record<string, unknown> & { error?: { code: string; details: Record<string, unknown> } };
interface Reply {
  readonly status: number;
  readonly body: Body;
}

interface World {
  readonly host: Host;
  readonly ledger: LedgerPort;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
}

/** Starts a node with its ledger in sight; red calls unless another key is shown. */
async function openNode(config: HostConfig = {}): Promise<World> {
  const seen: LedgerPort[] = [];
  const { settings, ...rest } = config;
  const host = await createHost({
    dataDir: null,
    wrapLedger: (ledger) => (seen.push(ledger), ledger),
    settings: { http: { port: 0 }, grpc: { enabled: false }, identity, ...settings },
    ...rest,
  });
  await host.start();
  const { url } = host.address!;
  return {
    host,
    ledger: seen[0]!,
    async post(path, body, headers = {}) {
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': KEYS.red, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Body };
    },
  };
}

/** A node of its own for one test. */
async function withNode(use: (world: World) => Promise<void>, config: HostConfig): Promise<void> {
  const world = await openNode(config);
  try {
    await use(world);
  } finally {
    await world.host.stop({ graceMs: 500 });
  }
}

/** The node that most tests share, one after the other. */
let shared: World;
test.before(async () => {
  shared = await openNode();
});
test.after(() => shared.host.stop({ graceMs: 500 }));

const atNode =
  (use: (world: World) => Promise<void>): (() => Promise<void>) =>
  () =>
    use(shared);

const POLICY = '/v1/data/acgs/main/decision';
const READ = { type: 'constitutional_eval', action: 'data.read_public', context: { dataset: 'weather' } };
const CHANGE = {
  agent_id: 'release-bot',
  type: 'minor_update',
  changes: { 'policy.rules.large-payment.amount': { from: 10_000, to: 5_000 } },
  rollback_plan: { how: 'publish the revision before again', within: '5 minutes' },
  reason: 'Payments between 5,000 and 10,000 were disputed more often than larger ones.',
  tests: { replayed: 1_200, differing: 14 },
};
const EVENT = {
  event_type: 'configuration_change',
  agent_id: 'deployer',
  action: 'replicas.set',
  result: 'done',
  metadata: { from: 2, to: 3 },
};

test(
  'the policy answers in the form of Open Policy Agent, for itself alone, and the call is recorded',
  atNode(async ({ post, ledger }) => {
    const before = ledger.size();
    const { status, body } = await post(POLICY, { input: READ });
    assert.is(status, 200);
    const { result, decision_id: place } = PolicyDecision.parse(body);
    assert.equal(
      [result?.allow, result?.effect, result?.evaluated, result?.rules],
      [true, 'allow', 'policy-alone', ['otherwise']],
    );
    // The node notes events of its own meanwhile: what was answered names the entry.
    const index = Number(place!.slice(ledger.logId.length + 1));
    assert.is(place, `${ledger.logId}/${index}`);
    assert.ok(index >= before);
    const kinds = (await collect(ledger.read(before))).map((entry) => entry.kind);
    assert.not.ok(kinds.includes('opened'), 'no decision was opened');
    const { kind, tenant, payload: stored } = (await ledger.entry(index))!;
    const payload = stored as Body;
    assert.equal(
      [kind, tenant, payload['event'], payload['by'], payload['action'], payload['effect']],
      ['event', 'red', 'policy-evaluation', 'key:red', 'data.read_public', 'allow'],
    );
    assert.not.match(JSON.stringify(payload), /weather/, 'what was asked about stays with the caller');
  }),
);

test(
  'a rule that stands against an action is named',
  atNode(async ({ post }) => {
    const ask = async (input: object): Promise<PolicyDecision['result']> =>
      PolicyDecision.parse((await post(POLICY, { input })).body).result;
    const stopped = await ask({ action: 'tool-call', context: { emergency_stop: true } });
    assert.equal([stopped?.allow, stopped?.effect, stopped?.rules], [false, 'deny', ['emergency-stop']]);
    const payment = await ask({ action: 'payment', context: { amount: 20_000 } });
    assert.equal([payment?.allow, payment?.effect], [false, 'needs-review']);
    assert.is((await ask({ action: 'chat' }))?.allow, true, 'an action alone is a question');
  }),
);

test(
  'the constitution in force is repeated, and another is refused with nothing evaluated',
  atNode(async ({ post, ledger }) => {
    const { result } = PolicyDecision.parse((await post(POLICY, { input: READ })).body);
    const constitutional_hash = result!.constitutional_hash;
    const same = await post(POLICY, { input: { ...READ, constitutional_hash } });
    assert.is(same.status, 200);
    const before = ledger.size();
    const other = await post(POLICY, { input: { ...READ, constitutional_hash: 'cdd01ef066bc6cf2' } });
    assert.equal([other.status, other.body.error?.code], [501, 'not_supported']);
    assert.is(ledger.size(), before);
  }),
);

test(
  'without an input nothing is evaluated, and errors have the form of Open Policy Agent',
  atNode(async ({ post, ledger }) => {
    const before = ledger.size();
    assert.equal(await post(POLICY, {}), { status: 200, body: {} });
    assert.is(ledger.size(), before);
    const BAD: readonly [unknown, string][] = [
      [{ input: READ, explain: true }, 'unknown_field'],
      [{ input: { ...READ, more: 1 } }, 'unknown_field'],
      [{ input: 'all' }, 'invalid_argument'],
      [{ input: { action: 'Not A Type' } }, 'invalid_argument'],
      [{ input: { ...READ, type: 'other_eval' } }, 'invalid_argument'],
      ['{"input":', 'bad_encoding'],
      [{ input: { action: 'chat', context: nested(20) } }, 'too_deep'],
    ];
    for (const [given, code] of BAD) {
      const { status, body } = await post(POLICY, given);
      assert.is(status, 400, JSON.stringify(body));
      const { message } = body as { message?: string };
      assert.equal([body['code'], body['errors'], body.error?.code], [code, [{ code, message }], code]);
    }
    assert.is(ledger.size(), before);
  }),
);

test(
  'a proposed change goes through the whole council, and approval adopts nothing',
  atNode(async ({ post, host }) => {
    const { status, body } = await post('/evolution/request', CHANGE);
    assert.is(status, 200, JSON.stringify(body));
    const answer = EvolutionAnswer.parse(body);
    assert.is(answer.adopted, false);
    const principal = { id: 'red', tenant: 'red', scopes: ['decision:read'] };
    const { opened, final } = await host.recorded(answer.request_id, { principal });
    assert.equal([opened.request.type, opened.request.council], ['policy-change', 'always']);
    assert.is(final.ballots.length, 12);
    assert.equal(
      [answer.status, answer.decided_by, answer.valid_until],
      [final.body.outcome, final.body.decidedBy, final.body.notAfter],
    );
    const again = PolicyDecision.parse((await post(POLICY, { input: READ })).body);
    assert.is(again.result?.revision, opened.terms.policyRevision, 'the rule set is the one of before');
  }),
);

test(
  'a change without a way back, without content or of unknown form is refused',
  atNode(async ({ post, ledger }) => {
    const before = ledger.size();
    const { rollback_plan: _plan, ...unsafe } = CHANGE;
    for (const [given, code] of [
      [unsafe, 'invalid_argument'],
      [{ ...CHANGE, rollback_plan: {} }, 'invalid_argument'],
      [{ ...CHANGE, changes: {} }, 'invalid_argument'],
      [{ ...CHANGE, type: 'Minor' }, 'invalid_argument'],
      [{ ...CHANGE, adopt: true }, 'unknown_field'],
      [{ ...CHANGE, changes: nested(20) }, 'too_deep'],
    ] as const) {
      const { status, body } = await post('/evolution/request', given);
      assert.equal([status, body.error?.code], [400, code]);
    }
    assert.is(ledger.size(), before);
  }),
);

test(
  'the same key proposes the same change once; another tenant has keys of its own',
  atNode(async ({ post }) => {
    const headers = { 'idempotency-key': 'change-1' };
    const [first, second] = await Promise.all([
      post('/evolution/request', CHANGE, headers),
      post('/evolution/request', CHANGE, headers),
    ]);
    assert.equal(first, second);
    const other = await post('/evolution/request', { ...CHANGE, reason: 'Another.' }, headers);
    assert.equal([other.status, other.body.error?.code], [409, 'conflict']);
    const blue = await post('/evolution/request', CHANGE, { ...headers, 'x-api-key': KEYS.blue });
    assert.is(blue.status, 200);
    assert.is.not(blue.body['request_id'], first.body['request_id']);
  }),
);

test(
  'an event is on the record, with the tenant of its caller, when its receipt is given',
  atNode(async ({ post, ledger }) => {
    const { status, body } = await post('/audit/event', EVENT);
    assert.is(status, 200, JSON.stringify(body));
    const receipt = AuditReceipt.parse(body);
    assert.equal([receipt.log_id, receipt.index], [ledger.logId, ledger.size() - 1]);
    const entry = (await ledger.entry(receipt.index))!;
    assert.equal([entry.leafHash, entry.kind, entry.tenant], [receipt.hash, 'event', 'red']);
    const { eventId, agentId, metadata, by } = entry.payload as Body;
    assert.equal(
      [eventId, agentId, metadata, by],
      [receipt.event_id, 'deployer', { from: 2, to: 3 }, 'key:red'],
    );
    const { leafHash } = (await ledger.proof(receipt.index)) as { leafHash?: string };
    assert.ok(leafHash === undefined || leafHash === receipt.hash);
    const next = AuditReceipt.parse((await post('/audit/event', EVENT)).body);
    assert.is.not(next.event_id, receipt.event_id, 'without a key the same words are another event');
  }),
);

test('the same key puts an event on the record once, also after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'witan-engines-'));
  const headers = { 'idempotency-key': 'event-1' };
  let first: Reply | undefined;
  try {
    await withNode(
      async ({ post, ledger }) => {
        const answers = await Promise.all(
          Array.from({ length: 5 }, () => post('/audit/event', EVENT, headers)),
        );
        first = answers[0]!;
        assert.is(first.status, 200);
        for (const answer of answers) assert.equal(answer, first);
        const entries: unknown[] = [];
        for await (const { payload } of ledger.read(0)) entries.push((payload as Body)['event']);
        assert.is(entries.filter((event) => event === 'audit-event').length, 1);
      },
      { dataDir: folder },
    );
    await withNode(
      async ({ post }) => {
        assert.equal(await post('/audit/event', EVENT, headers), first);
        const other = await post('/audit/event', { ...EVENT, result: 'failed' }, headers);
        assert.equal([other.status, other.body.error?.code], [409, 'conflict']);
        const blue = await post('/audit/event', EVENT, { ...headers, 'x-api-key': KEYS.blue });
        assert.is(blue.status, 200);
        assert.is.not(blue.body['event_id'], first!.body['event_id'], 'a key belongs to its tenant');
      },
      { dataDir: folder },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test(
  'an event that is too large, too deep or of unknown form is refused',
  atNode(async ({ post, ledger }) => {
    const before = ledger.size();
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`k${at}`, at]));
    for (const [given, status, code] of [
      [{ ...EVENT, metadata: { text: 'x'.repeat(70_000) } }, 413, 'too_large'],
      [{ ...EVENT, metadata: many }, 413, 'too_large'],
      [{ ...EVENT, metadata: nested(17) }, 400, 'too_deep'],
      [{ ...EVENT, tenant: 'blue' }, 400, 'unknown_field'],
      [{ ...EVENT, action: undefined }, 400, 'invalid_argument'],
      [{ ...EVENT, event_type: 'No Words' }, 400, 'invalid_argument'],
    ] as const) {
      const { status: answered, body } = await post('/audit/event', given);
      assert.equal([answered, body.error?.code], [status, code]);
    }
    const key = await post('/audit/event', EVENT, { 'idempotency-key': 'x'.repeat(201) });
    assert.equal([key.status, key.body.error?.code], [400, 'invalid_argument']);
    assert.is(ledger.size(), before);
  }),
);

test(
  'a caller without the scope reaches none of them',
  atNode(async ({ post }) => {
    for (const [path, given] of [
      [POLICY, { input: READ }],
      ['/evolution/request', CHANGE],
      ['/audit/event', EVENT],
    ] as const) {
      const { status, body } = await post(path, given, { 'x-api-key': KEYS.weak });
      assert.equal([status, body.error?.code], [403, 'permission_denied'], path);
      const nobody = await post(path, given, { 'x-api-key': 'nobody' });
      assert.equal([nobody.status, nobody.body.error?.code], [401, 'unauthenticated'], path);
    }
  }),
);

test('a node serves the engines of its roles on their ports, and no others', () =>
  withNode(
    async ({ post }) => {
      assert.is((await post(POLICY, { input: READ })).status, 200);
      const { status, body } = await post('/audit/event', EVENT);
      assert.equal([status, body.error?.code], [404, 'not_found']);
      assert.is((await post('/evolution/request', CHANGE)).status, 404);
    },
    { settings: { node: { roles: ['platform'] }, ports: { policy: 0 }, identity } },
  ));

function nested(depth: number): Record<string, unknown> {
  let value: Record<string, unknown> = { end: true };
  for (let level = 1; level < depth; level += 1) value = { deeper: value };
  return value;
}
