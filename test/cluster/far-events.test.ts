import { spawnEventsDesk } from '../../runtime/host/cluster/events/events-desk.ts';
import { FarEvents } from '../../runtime/host/cluster/events/far-events.ts';
import { followAllNodes, followDecision } from '../../runtime/host/door/following/follow-decision.ts';
import type { RecordedDecision } from '../../runtime/host/record/decision-view.ts';
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionView } from '../../contracts/messages/decision-view.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import { DecisionId } from '../../contracts/messages/ids.ts';
import { spawnStateless } from '../../runtime/kernel/index.ts';
import type { AnyRef } from '../../runtime/kernel/index.ts';
import { MemoryDecisionEvents } from '../../runtime/store/memory/memory-decision-events.ts';
import type { EventFollower } from '../../transport/door/backend.ts';
import { assert, suite } from '../harness.ts';
import { Rig } from './remote/rig.ts';

const test = suite('events of other nodes');
const ID = DecisionId.parse(`d${'0'.repeat(32)}`);

/** A node with its own events; `home` says which node decides. */
async function nodeOf(rig: Rig, name: string, home: { node: string | null }) {
  const { system, remoting, incarnation } = await rig.node(name);
  const events = new MemoryDecisionEvents({ clock: system.clock });
  const parent = spawnStateless<never>(system.root, () => {}, 'cluster') as AnyRef;
  spawnEventsDesk(parent, events);
  const members = rig.world.view(name, incarnation);
  const locate = async () => {
    if (home.node === null) throw new WitanError('unavailable', 'nobody decides it');
    return { node: home.node, local: home.node === name, generation: 1 } as never;
  };
  const farEvents = new FarEvents({
    cluster: { members, node: name, remoting },
    system,
    parent,
    shards: () => ({ locate }),
  });
  return { system, events, farEvents, incarnation };
}

async function pair() {
  const rig = new Rig();
  const home: { node: string | null } = { node: 'b' };
  const a = await nodeOf(rig, 'a', home);
  const b = await nodeOf(rig, 'b', home);
  return { rig, home, a, b, ...seer() };
}

/** Notes what a follower is told, a word each. */
function seer() {
  const told: string[] = [];
  const gates: (() => void)[] = [];
  const state = { isBusy: false };
  const follower: EventFollower = {
    onEvent: (event: DecisionEvent) => {
      told.push(event.type === 'step' ? `${event.sequence}` : event.type);
      return state.isBusy ? new Promise((resolve) => gates.push(resolve)) : undefined;
    },
    onGap: (count) => void told.push(`gap ${count}`),
    onEnd: () => void told.push('end'),
    onSnapshot: () => void told.push('snapshot'),
  };
  return { told, gates, state, follower };
}

function source(a: Awaited<ReturnType<typeof nodeOf>>, isFinal = false) {
  const { events, farEvents, system } = a;
  const read = async (): Promise<RecordedDecision> =>
    ({ final: isFinal ? {} : undefined }) as RecordedDecision;
  return { clock: system.clock, events, farEvents, read, view: async () => ({}) as DecisionView };
}

/** Follows the decision from node `a` after `afterSequence`; resolves with how to leave, once all is still. */
async function follow(
  { rig, a, follower }: Awaited<ReturnType<typeof pair>>,
  afterSequence = 0,
  isFinal = false,
) {
  const following = followDecision({ decisionId: ID, afterSequence }, follower, source(a, isFinal));
  // A failure is the caller's to await.
  following.catch(() => {});
  await rig.settle();
  const leave = await following;
  await rig.settle();
  return leave;
}

const step = (events: MemoryDecisionEvents): unknown =>
  events.publish(ID, { type: 'step', step: 'checks' } as never);
const final = (events: MemoryDecisionEvents): unknown =>
  events.publish(ID, { type: 'final', verdict: {} } as never);

test('what is held there first, then live, to its end', async () => {
  const between = await pair();
  const { rig, b, told } = between;
  step(b.events);
  step(b.events);
  const leave = await follow(between, 1);
  step(b.events);
  final(b.events);
  b.events.close();
  await rig.settle();
  assert.equal(told, ['2', '3', 'final', 'end']);
  leave();
});

test('a decision of which nothing is held there begins with a snapshot', async () => {
  const between = await pair();
  const { rig, b, told } = between;
  await follow(between);
  step(b.events);
  await rig.settle();
  assert.equal(told, ['snapshot', '1']);
});

test('one that is over needs nobody', async () => {
  const between = await pair();
  const { home, told } = between;
  home.node = null;
  await follow(between, 0, true);
  assert.equal(told, ['snapshot', 'end']);
});

test('one that nobody decides now is unavailable while it is open', async () => {
  const between = await pair();
  between.home.node = null;
  const failed = follow(between).then(
    () => 'followed',
    (error: WitanError) => error.code,
  );
  assert.is(await failed, 'unavailable');
});

test('a slow follower holds its lane back and loses nothing', async () => {
  const between = await pair();
  const { rig, a, b, told, gates, state } = between;
  state.isBusy = true;
  await follow(between);
  for (let count = 0; count < 700; count += 1) step(b.events);
  await rig.settle();
  assert.equal(told, ['snapshot', '1']);
  // No more is under way than a window: the rest waits where it is held.
  assert.ok(a.system.inspect('/cluster').every(({ mailboxDepth }) => mailboxDepth <= 256));
  while (told.length < 701) {
    gates.shift()!();
    await rig.settle();
  }
  assert.equal(
    told.slice(1),
    Array.from({ length: 700 }, (_, at) => `${at + 1}`),
  );
});

test('when its node is gone the next one is followed, after a gap', async () => {
  const between = await pair();
  const { rig, home, b, told } = between;
  const c = await nodeOf(rig, 'c', home);
  await follow(between);
  step(b.events);
  await rig.settle();
  home.node = null;
  rig.world.gone('b', b.incarnation);
  await rig.sim.advance(2_000);
  assert.equal(told, ['snapshot', '1', 'gap 0']);
  step(c.events);
  home.node = 'c';
  await rig.sim.advance(400);
  final(c.events);
  await rig.settle();
  assert.equal(told.slice(3), ['1', 'final']);
});

test('nobody taking over ends it in bounded time', async () => {
  const between = await pair();
  const { rig, home, b, told } = between;
  await follow(between);
  home.node = null;
  rig.world.gone('b', b.incarnation);
  await rig.sim.advance(31_000);
  assert.equal(told, ['snapshot', 'gap 0', 'end']);
});

test('one who leaves is told nothing more, and its lane goes', async () => {
  const between = await pair();
  const { rig, a, b, told } = between;
  const leave = await follow(between);
  leave();
  await rig.settle();
  step(b.events);
  await rig.settle();
  assert.equal(told, ['snapshot']);
  assert.is(b.system.inspect('/cluster/events').length, 1);
  assert.is(a.system.inspect('/cluster').length, 2);
});

test('all decisions of all nodes, of those too that join later', async () => {
  const { rig, home, a, b, told, follower } = await pair();
  const leave = followAllNodes(a.events, a.farEvents, follower);
  await rig.settle();
  step(a.events);
  step(b.events);
  await rig.settle();
  assert.equal(told, ['1', '1']);
  const c = await nodeOf(rig, 'c', home);
  await rig.settle();
  step(c.events);
  await rig.settle();
  assert.is(told.length, 3);
  const late = await rig.node('late');
  await rig.settle();
  const lateEvents = new MemoryDecisionEvents({ clock: rig.sim.clock });
  spawnEventsDesk(spawnStateless<never>(late.system.root, () => {}, 'cluster') as AnyRef, lateEvents);
  await rig.sim.advance(1_500);
  step(lateEvents);
  await rig.settle();
  assert.is(told.length, 4);
  rig.world.gone('c', c.incarnation);
  await rig.settle();
  leave();
  step(b.events);
  await rig.settle();
  assert.equal(
    told.slice(4).filter((word) => !word.startsWith('gap')),
    [],
  );
});
