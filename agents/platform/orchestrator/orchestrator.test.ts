import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionEvent } from '../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import { parseSubject } from '../../../contracts/subjects.ts';
import { query, SimClock, Simulation, start } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import type { Principal } from '../../../runtime/kernel/ports/identity.ts';
import { assert, suite } from '../../../test/harness.ts';
import { deliberation, makeWorld, requestOf, riskyChecks } from '../../../test/orchestrator/fixture.ts';
import type { World } from '../../../test/orchestrator/fixture.ts';
import { advance, settle } from '../../../test/sim-time.ts';
import type { SettingsInput } from '../../../config/schema.ts';
import { createOrchestratorClient } from './client.ts';
import type { OrchestratorClient, Submission } from './client.ts';
import type { OrchestratorMessage, ReviewMessage } from './messages.ts';
import { spawnOrchestrator } from './orchestrator.ts';
import type { OrchestratorPorts } from './ports.ts';

const test = suite('orchestrator');
const never = new Promise<never>(() => {});
const ann: Principal = { id: 'user:ann', tenant: 'acme', scopes: ['decision:submit', 'decision:read'] };
const bo: Principal = { id: 'user:bo', tenant: 'acme', scopes: ['review:resolve'] };
const eve: Principal = { id: 'user:eve', tenant: 'other', scopes: ['decision:read', 'review:resolve'] };

interface Node {
  readonly clock: SimClock;
  readonly world: World;
  readonly system: ActorSystem;
  readonly client: OrchestratorClient;
  readonly ref: ActorRef<OrchestratorMessage>;
}

async function startNode(
  change: Partial<OrchestratorPorts> = {},
  { code, clock = new SimClock(), world }: { code?: SettingsInput; clock?: SimClock; world?: World } = {},
): Promise<Node> {
  const made = world ?? makeWorld(clock, change, code);
  const ports = { ...made.ports, ...change };
  const system = start({ clock });
  const ref = spawnOrchestrator(system, ports);
  const client = createOrchestratorClient({
    orchestrator: () => ref,
    review: () => system.resolve('/orchestrator/review') as ActorRef<ReviewMessage>,
  });
  await settle();
  return { clock, world: made, system, client, ref };
}

/** The index is fed by a timer: entries that come close together cost one write. */
async function indexed({ clock }: Node): Promise<void> {
  await settle();
  clock.advance(250);
  await settle();
}

async function failureOf(work: Promise<unknown>): Promise<WitanError> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, WitanError);
    return error as WitanError;
  }
  assert.unreachable('it did not fail');
  throw new Error('unreachable');
}

async function decide(node: Node, fields: object = {}, by = ann): Promise<Verdict> {
  return (await node.client.submit(requestOf(fields), by)).verdict;
}

/** Submits and lets the session get as far as the council, which does not answer. */
async function openSession(node: Node, fields: object = {}): Promise<Submission> {
  const submission = await node.client.submit(requestOf({ council: 'always', ...fields }), ann);
  await settle();
  return submission;
}

async function kinds(node: Node, decisionId: DecisionId): Promise<string[]> {
  return (await node.world.ledger.byDecision(decisionId)).map((entry) => entry.kind);
}

test('a decision is accepted, decided and readable by its id', async () => {
  const node = await startNode();
  const submission = await node.client.submit(requestOf(), ann);
  assert.is(submission.joined, false);
  const verdict = await submission.verdict;
  const view = await node.client.read(submission.decisionId, 'acme');
  assert.equal([view.state, view.submittedBy, view.verdict], ['final', 'user:ann', verdict]);
  assert.equal(view.record, { logId: 'log-1', openedIndex: 0, finalIndex: 1, state: 'pending' });
  await node.system.stop();
});

test('the acceptance comes when the opened entry is durable, before the verdict', async () => {
  const node = await startNode({ council: () => never });
  const { decisionId } = await openSession(node);
  assert.equal(await kinds(node, decisionId), ['opened']);
  assert.is((await node.client.read(decisionId, 'acme')).state, 'open');
});

test('the same key and payload is one decision: joined while open, later answered from the log', async () => {
  const node = await startNode({ council: async (request) => deliberation(request, node.world.keys) });
  const request = { idempotencyKey: 'order-7', council: 'always' };
  const [first, second] = await Promise.all([
    node.client.submit(requestOf(request), ann),
    node.client.submit(requestOf({ ...request, deadlineMs: 9_000 }), ann),
  ]);
  assert.equal([first.decisionId, first.joined, second.joined], [second.decisionId, false, true]);
  const verdict = await first.verdict;
  assert.equal(await second.verdict, verdict);
  const third = await node.client.submit(requestOf(request), ann);
  assert.is(third.joined, true);
  assert.equal(await third.verdict, verdict);
  assert.equal(await kinds(node, first.decisionId), ['opened', 'final']);
});

test('the same key with another payload is a conflict, while open and later', async () => {
  const node = await startNode({ council: () => never });
  await openSession(node, { idempotencyKey: 'k' });
  const open = await failureOf(node.client.submit(requestOf({ idempotencyKey: 'k', text: 'Other.' }), ann));
  assert.equal([open.code, open.details.path], ['conflict', 'idempotencyKey']);
  await advance(node.clock, 5_000);
  const later = await failureOf(node.client.submit(requestOf({ idempotencyKey: 'k', text: 'Other.' }), ann));
  assert.is(later.code, 'conflict');
});

test('the same key of another tenant is another decision', async () => {
  const node = await startNode();
  const mine = await node.client.submit(requestOf({ idempotencyKey: 'k' }), ann);
  const theirs = await node.client.submit(requestOf({ idempotencyKey: 'k', text: 'Other.' }), eve);
  assert.is.not(mine.decisionId, theirs.decisionId);
});

test('another tenant sees nothing of a decision', async () => {
  const node = await startNode();
  const { decisionId, verdict } = await node.client.submit(requestOf(), ann);
  await verdict;
  assert.is((await failureOf(node.client.read(decisionId, 'other'))).code, 'not_found');
  const resolve = node.client.resolve(decisionId, { action: 'override', reason: 'mine' }, eve);
  assert.is((await failureOf(resolve)).code, 'not_found');
});

test('without a key, the same body is a new attempt that names the first', async () => {
  const node = await startNode();
  const first = await decide(node);
  const second = await decide(node, { text: ' what is the CAPITAL of france' });
  assert.is.not(second.body.decisionId, first.body.decisionId);
  assert.equal([first.body.attempts, second.body.attempts], [0, 1]);
  await indexed(node);
  assert.is((await node.world.index.get(second.body.decisionId))!.retryOf, first.body.decisionId);
});

test('shopping for a verdict raises the risk, also after a restart and under another spelling', async () => {
  const clock = new SimClock();
  const rejecting: OrchestratorPorts['council'] = async (request) =>
    deliberation(request, node.world.keys, { outcome: 'rejected', code: 'guardian.harm' });
  const node: Node = await startNode({ council: rejecting }, { clock });
  const first = await decide(node, { council: 'always' });
  assert.equal([first.body.outcome, first.body.risk], ['rejected', 'low']);
  const second = await decide(node, { text: 'what is the capital of France?!' });
  assert.equal([second.body.attempts, second.body.risk, second.body.decidedBy], [1, 'high', 'council']);
  await settle();
  await node.system.stop();
  const again = await startNode({ council: rejecting }, { clock, world: node.world });
  const third = await decide(again);
  assert.equal([third.body.attempts, third.body.risk], [2, 'high']);
});

test('a repeat that was approved before stays at its risk', async () => {
  const node = await startNode();
  await decide(node);
  const second = await decide(node);
  assert.equal([second.body.attempts, second.body.risk, second.body.decidedBy], [1, 'low', 'checks']);
});

test('an attempt that names an unknown decision counts, and not in its favour', async () => {
  const node = await startNode();
  const verdict = await decide(node, { retryOf: `d${'0'.repeat(32)}` });
  assert.equal([verdict.body.attempts, verdict.body.risk], [1, 'high']);
});

test('no credit: overloaded with a time to wait, nothing recorded; free after the verdict', async () => {
  const node = await startNode(
    { council: () => never },
    { code: { admission: { openDecisionMaxCount: 2 } } },
  );
  await openSession(node);
  await openSession(node);
  const sizeBefore = node.world.ledger.size();
  const refused = await failureOf(node.client.submit(requestOf(), ann));
  assert.equal([refused.code, refused.retryable], ['overloaded', true]);
  assert.ok(refused.details.retryAfterMs! >= 1);
  assert.is(node.world.ledger.size(), sizeBefore);
  await advance(node.clock, 5_000);
  assert.is((await decide(node, { text: 'Something else altogether.' })).body.outcome, 'approved');
});

test('after opened nothing is shed: the late council holds at the deadline', async () => {
  const node = await startNode({ council: () => never });
  const { verdict } = await openSession(node, { deadlineMs: 1_000 });
  await advance(node.clock, 700);
  assert.equal([(await verdict).body.heldReason, node.clock.monotonicMs()], ['deadline', 700]);
});

test('the caller’s remaining time bounds the decision', async () => {
  const node = await startNode({ council: () => never });
  const submission = await node.client.submit(requestOf({ council: 'always' }), ann, { budgetMs: 600 });
  await advance(node.clock, 300);
  assert.is((await submission.verdict).body.heldReason, 'deadline');
});

for (const how of ['stopped', 'crashed'] as const) {
  test(`a session that is ${how} is settled at once as lost, and the caller hears of it`, async () => {
    const node = await startNode({ council: () => never });
    const { decisionId, verdict } = await openSession(node);
    const path = `/orchestrator/decision/${decisionId}`;
    if (how === 'stopped') await node.system.stopActor(path);
    // A message that no session takes: its handler throws on it.
    else node.system.find(path)!.tell(null);
    await settle();
    const { body } = await verdict;
    assert.equal([body.outcome, body.heldReason, body.risk], ['held', 'session-lost', 'high']);
    assert.equal(await kinds(node, decisionId), ['opened', 'final']);
    await advance(node.clock, 10_000);
    assert.equal(await kinds(node, decisionId), ['opened', 'final'], 'no second final');
  });
}

test('a session that was stopped appends nothing any more, whatever its council still says', async () => {
  let answer: () => void = () => {};
  const answered = new Promise<void>((done) => (answer = done));
  const council: OrchestratorPorts['council'] = async (request) => (
    await answered,
    deliberation(request, node.world.keys)
  );
  const node = await startNode({ council });
  const { decisionId, verdict } = await openSession(node);
  const appended: string[] = [];
  const append = node.world.ledger.append.bind(node.world.ledger);
  node.world.ledger.append = (input, options) => {
    appended.push(input.kind);
    return append(input, options);
  };
  await node.system.stopActor(`/orchestrator/decision/${decisionId}`);
  answer();
  await settle();
  assert.is((await verdict).body.heldReason, 'session-lost');
  assert.equal(appended, ['final']);
});

test('a session that is stopped while its final entry is written: the verdict is told, once', async () => {
  const node = await startNode();
  const append = node.world.ledger.append.bind(node.world.ledger);
  node.world.ledger.append = (input, options) =>
    input.kind === 'final' ? append(input, options).then(() => never) : append(input, options);
  const { decisionId, verdict } = await openSession(node, { council: undefined });
  assert.equal(await kinds(node, decisionId), ['opened', 'final']);
  const told = (): DecisionEvent[] =>
    node.world.ports.events.history(decisionId).filter(({ type }) => type === 'final');
  assert.is(told().length, 0);
  await node.system.stopActor(`/orchestrator/decision/${decisionId}`);
  await settle();
  assert.is((await verdict).body.outcome, 'approved');
  assert.is(told().length, 1);
});

test('a final of unknown outcome: unavailable, and the sweeper settles it after the deadline', async () => {
  const node = await startNode();
  let isLost = true;
  node.world.fault = (input) => (input.kind === 'final' && isLost ? 'lost' : undefined);
  const { decisionId, verdict } = await node.client.submit(requestOf(), ann);
  const failure = await failureOf(verdict);
  assert.equal(
    [failure.code, failure.retryable, failure.details['decisionId']],
    ['unavailable', true, decisionId],
  );
  isLost = false;
  await advance(node.clock, 4_000);
  assert.equal(await kinds(node, decisionId), ['opened'], 'not before its deadline');
  await advance(node.clock, 2_000);
  const view = await node.client.read(decisionId, 'acme');
  assert.is(view.verdict!.body.heldReason, 'session-lost');
});

test('a full disk at the final append: no verdict, later settled', async () => {
  const node = await startNode();
  let isFull = true;
  node.world.fault = (input) => (input.kind === 'final' && isFull ? 'refused' : undefined);
  const { decisionId, verdict } = await node.client.submit(requestOf(), ann);
  assert.is((await failureOf(verdict)).code, 'storage_failed');
  isFull = false;
  await advance(node.clock, 6_000);
  assert.is((await node.client.read(decisionId, 'acme')).verdict!.body.outcome, 'held');
});

test('the reply of the final append is lost: the recorded verdict is the answer', async () => {
  const node = await startNode();
  node.world.fault = (input) => (input.kind === 'final' ? 'reply-lost' : undefined);
  assert.is((await decide(node)).body.outcome, 'approved');
});

test('the node is lost: after a restart a decision with time left goes on, one without is held', async () => {
  const first = await startNode({ council: () => never });
  const longer = await openSession(first, { deadlineMs: 60_000, text: 'One.' });
  const shorter = await openSession(first, { deadlineMs: 2_000, text: 'Two entirely different words.' });
  const { world } = first;
  // The first process is gone: its time stands still, and a second one starts three seconds later.
  const clock = new SimClock({ wallStartMs: first.clock.wallMs() + 3_000 });
  const council: OrchestratorPorts['council'] = async (request) => deliberation(request, world.keys);
  const second = await startNode({ clock, council }, { clock, world });
  await settle();
  const resumed = await second.client.read(longer.decisionId, 'acme');
  assert.equal([resumed.verdict?.body.outcome, resumed.verdict?.body.decidedBy], ['approved', 'council']);
  const lost = await second.client.read(shorter.decisionId, 'acme');
  assert.equal([lost.verdict!.body.heldReason, lost.verdict!.body.steps], ['session-lost', []]);
  assert.equal(await kinds(second, longer.decisionId), ['opened', 'final']);
});

test('a restart while the log does not answer: what was open is settled when it does', async () => {
  const clock = new SimClock();
  const first = await startNode({ council: () => never }, { clock });
  const { decisionId } = await openSession(first);
  const { world } = first;
  const read = world.ledger.byDecision.bind(world.ledger);
  world.ledger.byDecision = async () => Promise.reject(new WitanError('unavailable', 'the disk is away'));
  const second = await startNode({}, { clock, world });
  await advance(clock, 1_500);
  world.ledger.byDecision = read;
  assert.equal(await kinds(second, decisionId), ['opened']);
  await advance(clock, 1_500);
  assert.equal(await kinds(second, decisionId), ['opened', 'final']);
});

test('the same key while an open decision is being taken over joins it', async () => {
  const clock = new SimClock();
  const first = await startNode({ council: () => never }, { clock });
  const { decisionId } = await openSession(first, { idempotencyKey: 'k', deadlineMs: 60_000 });
  const { world } = first;
  for (const actor of first.system.inspect('/orchestrator/decision').slice(1)) first.system.pause(actor.path);
  const council: OrchestratorPorts['council'] = async (request) => deliberation(request, world.keys);
  const second = await startNode({ council }, { clock, world });
  const request = requestOf({ council: 'always', idempotencyKey: 'k', deadlineMs: 60_000 });
  const again = await second.client.submit(request, ann);
  assert.equal([again.decisionId, again.joined], [decisionId, true]);
  assert.is((await again.verdict).body.outcome, 'approved');
});

test('terms that would be frozen differently now are not resumed: held as lost', async () => {
  const clock = new SimClock();
  const { world, client, ref, system } = await startNode({ council: () => never }, { clock });
  const { decisionId } = await openSession({ clock, world, client, ref, system }, { deadlineMs: 60_000 });
  const changed = await startNode(
    { freezeTerms: (decision) => ({ ...world.terms(decision), thresholdBp: 1 }) },
    { clock, world },
  );
  await settle();
  const view = await changed.client.read(decisionId, 'acme');
  assert.is(view.verdict!.body.heldReason, 'session-lost');
});

test('without the database decisions are made, recorded, read; a restart recovers from the log', async () => {
  const clock = new SimClock();
  const world = makeWorld(clock, { council: () => never });
  const broken = async (): Promise<never> => Promise.reject(new WitanError('storage_failed', 'no database'));
  const index = { ...methodsOf(world.index), position: broken, apply: broken, open: broken, list: broken };
  const node = await startNode({ index }, { clock, world });
  const submission = await node.client.submit(requestOf(), ann);
  assert.is((await submission.verdict).body.outcome, 'approved');
  assert.is((await node.client.read(submission.decisionId, 'acme')).state, 'final');
  const open = await openSession(node, { text: 'Left open when the node went away.' });
  const again = await startNode(
    { index, council: async (request) => deliberation(request, world.keys) },
    { clock, world },
  );
  await settle();
  assert.is((await again.client.read(open.decisionId, 'acme')).verdict?.body.outcome, 'approved');
});

function methodsOf(index: World['index']): OrchestratorPorts['index'] {
  return {
    audit: index.audit,
    position: () => index.position(),
    apply: (entries) => index.apply(entries),
    get: (id) => index.get(id),
    list: (filter, page) => index.list(filter, page),
    open: (limit) => index.open(limit),
    activity: (seat, page) => index.activity(seat, page),
    clear: () => index.clear(),
    close: () => index.close(),
  };
}

test('an index that fails for a while catches up without gaps', async () => {
  const clock = new SimClock();
  const world = makeWorld(clock);
  let failures = 3;
  const index = {
    ...methodsOf(world.index),
    apply: async (entries: Parameters<OrchestratorPorts['index']['apply']>[0]) => {
      if (failures-- > 0) throw new WitanError('storage_failed', 'no database');
      return world.index.apply(entries);
    },
  };
  const node = await startNode({ index }, { clock, world });
  for (let at = 0; at < 5; at += 1) await decide(node, { text: `Question number ${at}?` });
  await world.ledger.append({ kind: 'event', tenant: 'acme', payload: { of: 'another writer' } });
  await decide(node, { text: 'The last one.' });
  await advance(clock, 2_000);
  assert.is(await world.index.position(), world.ledger.size());
  assert.is((await world.index.list({ outcome: 'approved' }, { limit: 100 })).items.length, 6);
});

test('held decisions wait for a person; the word is recorded once and the final entry stays', async () => {
  const node = await startNode({
    council: async (request) =>
      deliberation(request, node.world.keys, { outcome: 'held', heldReason: 'veto' }),
  });
  const verdict = await decide(node, { council: 'always' });
  const { decisionId } = verdict.body;
  await indexed(node);
  const queue = await node.client.reviewQueue('acme', { limit: 10 });
  assert.equal(
    queue.items.map((item) => [item.decisionId, item.heldReason]),
    [[decisionId, 'veto']],
  );
  assert.equal((await node.client.reviewQueue('other', { limit: 10 })).items, []);
  const denied = node.client.resolve(decisionId, { action: 'approve', reason: 'me' }, ann);
  assert.is((await failureOf(denied)).code, 'permission_denied');
  const override = node.client.resolve(decisionId, { action: 'override', reason: 'no' }, bo);
  assert.equal(
    [
      (await failureOf(override)).code,
      (await failureOf(node.client.resolve(decisionId, { action: 'approve', reason: '' }, bo))).code,
    ],
    ['conflict', 'invalid_argument'],
  );
  const both = await Promise.allSettled([
    node.client.resolve(decisionId, { action: 'approve', reason: 'looked at it' }, bo),
    node.client.resolve(decisionId, { action: 'reject', reason: 'looked too' }, bo),
  ]);
  assert.equal(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  await indexed(node);
  assert.equal((await node.client.reviewQueue('acme', { limit: 10 })).items, []);
  const view = await node.client.read(decisionId, 'acme');
  assert.equal(
    [view.verdict!.body.outcome, view.resolutions.map(({ action, by }) => [action, by])],
    ['held', [['approve', 'user:bo']]],
  );
});

test('a decided one can only be overridden; an open one not at all', async () => {
  const node = await startNode({ council: () => never });
  const approved = await decide(node);
  const approve = node.client.resolve(approved.body.decisionId, { action: 'approve', reason: 'x' }, bo);
  assert.is((await failureOf(approve)).code, 'conflict');
  const { action } = await node.client.resolve(
    approved.body.decisionId,
    { action: 'override', reason: 'wrong' },
    bo,
  );
  assert.is(action, 'override');
  const open = await openSession(node, { text: 'Still open.' });
  assert.is(
    (await failureOf(node.client.resolve(open.decisionId, { action: 'approve', reason: 'x' }, bo))).code,
    'conflict',
  );
});

test('late ballots are recorded and not counted; of unknown decisions nothing is', async () => {
  const node = await startNode({ council: async (request) => deliberation(request, node.world.keys) });
  const verdict = await decide(node, { council: 'always' });
  const { decisionId } = verdict.body;
  const ballot = verdict.ballots[0]!;
  node.ref.tell({
    type: 'ballot-notice',
    kind: 'late-ballot',
    decisionId,
    seat: ballot.body.seat,
    round: 1,
    ballot,
  });
  node.ref.tell({
    type: 'ballot-notice',
    kind: 'ballot-refused',
    decisionId,
    seat: 'x',
    round: 1,
    reason: 'twice',
  });
  node.ref.tell({
    type: 'ballot-notice',
    kind: 'late-ballot',
    decisionId: `d${'1'.repeat(32)}` as DecisionId,
    seat: 'x',
    round: 1,
  });
  await settle();
  assert.equal(await kinds(node, decisionId), ['opened', 'final', 'late-ballot', 'event']);
  assert.is(node.world.ledger.size(), 4);
  assert.equal((await node.client.read(decisionId, 'acme')).verdict, verdict);
});

test('a resolution goes to the bus also when the node was started again since the decision', async () => {
  const first = await startNode({ council: () => never });
  const { decisionId, verdict } = await openSession(first, { deadlineMs: 1_000 });
  await advance(first.clock, 1_000);
  assert.is((await verdict).body.outcome, 'held');
  await indexed(first);
  const stopped = first.system.stop({ graceMs: 0 });
  await advance(first.clock, 10_000);
  await stopped;
  const node = await startNode({}, { clock: first.clock, world: first.world });
  const heard: string[] = [];
  await node.world.bus.subscribe('witan.>', ({ subject }) => void heard.push(subject));
  await node.client.resolve(decisionId, { action: 'approve', reason: 'looked at it' }, bo);
  await settle();
  assert.equal(
    heard.filter((subject) => subject.endsWith('resolution')),
    [`witan.acme.decision.${decisionId}.resolution`],
  );
});

test('each step is an event of the stream, in order, and goes to the bus under its tenant', async () => {
  const node = await startNode({ checks: riskyChecks('high') });
  const onBus: string[] = [];
  await node.world.bus.subscribe('witan.>', ({ subject, data }) => {
    const event = JSON.parse(new TextDecoder().decode(data)) as DecisionEvent;
    const parsed = parseSubject(subject);
    assert.is(parsed.tenant, 'acme');
    onBus.push(`${parsed.event} ${event.type === 'step' ? event.step.step : ''}`.trim());
  });
  const { decisionId, verdict } = await node.client.submit(requestOf(), ann);
  await verdict;
  await settle();
  const types = node.world.ports.events
    .history(decisionId)
    .map((event) => (event.type === 'step' ? `step ${event.step.step}` : event.type));
  const expected = [
    'opened',
    'step policy',
    'step checks',
    'step checks',
    'step checks',
    'step council',
    'final',
  ];
  assert.equal(types, expected);
  assert.equal(onBus, expected);
});

test('changes of settings and flags reach new sessions only', async () => {
  const clock = new SimClock();
  const world = makeWorld(clock, { council: () => never });
  const settings = world.ports.settings();
  let inForce = settings;
  const node = await startNode({ settings: () => inForce }, { clock, world });
  const before = await openSession(node, { text: 'Before the change.' });
  inForce = { ...settings, deadlines: { ...settings.deadlines, decisionMs: 1_000 } };
  const after = await openSession(node, { text: 'After the change, in other words.' });
  await advance(clock, 700);
  assert.is((await after.verdict).body.heldReason, 'deadline');
  assert.is((await node.client.read(before.decisionId, 'acme')).state, 'open');
});

test('while messages wait for their turn, fewer decisions are admitted', async () => {
  const node = await startNode({ council: () => never });
  await openSession(node);
  for (let probe = 0; probe < 10; probe += 1) {
    node.system.pause(node.ref.path);
    await advance(node.clock, 100);
    node.system.resume(node.ref.path);
    await settle();
  }
  const asked = Array.from({ length: 40 }, (_, at) =>
    node.client.submit(requestOf({ text: `Question ${at}`, council: 'always' }), ann),
  );
  const results = await Promise.allSettled(asked);
  // 32 to begin with, cut by a fifth; one is open.
  assert.is(results.filter(({ status }) => status === 'fulfilled').length, 24);
});

test('a flood is refused at the mailbox, never in silence, and the open ones are decided', async () => {
  const node = await startNode(
    {},
    { code: { admission: { openDecisionMaxCount: 10_000, waitTargetMs: 0 } } },
  );
  const asked = Array.from({ length: 3_000 }, (_, at) =>
    node.client.submit(requestOf({ text: `Number ${at} of a flood` }), ann),
  );
  const results = await Promise.allSettled(asked);
  const refused = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as WitanError] : [],
  );
  for (const { code, details } of refused) {
    assert.is(code, 'overloaded');
    assert.is(details.retryAfterMs, 1_000);
  }
  const accepted = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  assert.ok(accepted.length >= 1_000, `${accepted.length}`);
  const verdicts = await Promise.all(accepted.map(({ verdict }) => verdict));
  assert.ok(verdicts.every(({ body }) => body.outcome === 'approved'));
  assert.is(new Set(verdicts.map(({ body }) => body.decisionId)).size, accepted.length);
});

test('a node that stops answers everybody', async () => {
  const node = await startNode({ council: () => never });
  const { verdict, decisionId } = await openSession(node);
  const outcome = failureOf(verdict);
  const stopping = node.system.stop({ graceMs: 100 });
  await advance(node.clock, 5_000);
  await stopping;
  const failure = await outcome;
  assert.ok(['unavailable', 'stopped', 'cancelled'].includes(failure.code), failure.code);
  assert.equal((await kinds(node, decisionId))[0], 'opened');
});

test('a crash of the orchestrator itself: the open decisions go on from the log', async () => {
  const node = await startNode({
    council: async (request) => (await gate, deliberation(request, node.world.keys)),
  });
  let open: () => void = () => {};
  const gate = new Promise<void>((done) => (open = done));
  const { decisionId } = await openSession(node, { deadlineMs: 60_000 });
  node.ref.tell(null as never);
  await settle();
  open();
  await settle();
  await advance(node.clock, 100);
  const view = await node.client.read(decisionId, 'acme');
  assert.is(view.verdict?.body.outcome, 'approved');
  assert.equal(await kinds(node, decisionId), ['opened', 'final']);
  // The state that crashed held a credit, and so did the one that took over.
  assert.is(node.world.ports.admission.inUse, 0);
});

test('the same key right after the verdict, whatever runs first: its own payload joins, another conflicts', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const sim = new Simulation(seed);
    const world = makeWorld(sim.clock);
    const system = start({ clock: sim.clock, scheduler: sim.scheduler });
    const ref = spawnOrchestrator(system, world.ports);
    const review = (): ActorRef<ReviewMessage> =>
      system.resolve('/orchestrator/review') as ActorRef<ReviewMessage>;
    const client = createOrchestratorClient({ orchestrator: () => ref, review });
    const submit = (text: string) => client.submit(requestOf({ idempotencyKey: 'k', text }), ann);
    const decide = async (): Promise<void> => {
      const { verdict } = await submit('Is it so?');
      const { signature } = await verdict;
      const [same, other] = [submit('Is it so?'), failureOf(submit('Is it not so?'))];
      assert.is((await (await same).verdict).signature, signature, `seed ${seed}`);
      assert.is((await other).code, 'conflict', `seed ${seed}`);
      assert.is((await failureOf(submit('Is it not so?'))).code, 'conflict', `seed ${seed}`);
    };
    await sim.until(decide());
    assert.is(world.ports.admission.inUse, 0, `seed ${seed}`);
  }
});

test('a decision that is being settled does not lend its verdict to another payload under its key', async () => {
  const node = await startNode({ council: () => never });
  const { decisionId } = await openSession(node, { idempotencyKey: 'k', deadlineMs: 400 });
  const { ledger } = node.world;
  const append = ledger.append.bind(ledger);
  ledger.append = async () => Promise.reject(new WitanError('storage_failed', 'the disk is full'));
  await advance(node.clock, 500);
  let write: () => void = () => {};
  const held = new Promise<void>((done) => (write = done));
  // Its final entry waits for the disk, as does the opening of the other payload.
  ledger.append = async (input, options) => (await held, append(input, options));
  await advance(node.clock, 1_000);
  const other = failureOf(
    node.client.submit(requestOf({ idempotencyKey: 'k', text: 'Something else.' }), ann),
  );
  await settle();
  write();
  await settle();
  assert.is((await other).code, 'conflict');
  assert.equal(await kinds(node, decisionId), ['opened', 'final']);
});

test('a sweep that finds nothing says so', async () => {
  const { ref } = await startNode();
  const ask = (replyTo: ActorRef<{ settled: number }>) => ({ type: 'sweep' as const, replyTo });
  assert.is((await query(ref, ask, { timeoutMs: 1_000 })).settled, 0);
});
