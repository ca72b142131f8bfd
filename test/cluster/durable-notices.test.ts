/** Ballots that did not count, on their way to the record of what another node decides, come what may. */
import { spawnOrchestrator } from '../../agents/platform/orchestrator/orchestrator.ts';
import { createOrchestratorClient } from '../../agents/platform/orchestrator/client.ts';
import type { OrchestratorMessage, ReviewMessage } from '../../agents/platform/orchestrator/messages.ts';
import { loadSettings } from '../../config/loader.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import { WitanError } from '../../contracts/errors.ts';
import { BallotNotices } from '../../runtime/host/cluster/durable/ballot-notices.ts';
import { DeadLetters } from '../../runtime/host/cluster/durable/dead-letters.ts';
import { spawnStateless } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { WorkQueuePort } from '../../runtime/kernel/ports/work-queue.ts';
import { MemoryWorkQueue } from '../../runtime/store/memory/memory-work-queue.ts';
import { assert, suite } from '../harness.ts';
import { deliberation, makeWorld, requestOf } from '../orchestrator/fixture.ts';
import type { World } from '../orchestrator/fixture.ts';
import { Rig } from './remote/rig.ts';
import type { RigNode } from './remote/rig.ts';

const test = suite('ballot notices of a cluster', { limitMs: 30_000 });
const ann: Principal = { id: 'user:ann', tenant: 'acme', scopes: ['decision:submit', 'decision:read'] };
const { settings } = loadSettings({ code: { cluster: { durableMaxDeliveries: 3 } } });

/** Two nodes that decide over one record, `a` where sessions are and `b`; who owns decisions can change. */
async function town() {
  const rig = new Rig();
  const { clock, random } = rig.sim;
  const world: World = makeWorld(clock, {
    council: async (request) => deliberation(request, world.keys),
  });
  const queue = new MemoryWorkQueue(clock);
  let owner = 'b';
  const troubles: string[] = [];
  const dead = new Set<string>();
  const node = async (name: string) => {
    const made: RigNode = await rig.node(name);
    const folder = spawnStateless<never>(made.system.root, () => {}, 'platform');
    const ref = spawnOrchestrator(folder, { ...world.ports, home: { owns: () => owner === name } });
    const notices = new BallotNotices({
      cluster: { name: 'test', node: name, incarnation: () => made.incarnation },
      ...{ queue: mortal(queue, () => dead.has(name)), settings, clock, random, system: made.system },
      telemetry: { log: (_level, _scope, message) => void troubles.push(message) },
      orchestratorOf: async () => {
        if (owner === '') throw new WitanError('unavailable', 'nobody decides it');
        if (owner === name) return ref;
        return made.remoting.ref<OrchestratorMessage>(owner, '/platform/orchestrator');
      },
      mayTake: () => true,
    });
    return { ...made, ref, notices };
  };
  const [a, b] = [await node('a'), await node('b')];
  const client = createOrchestratorClient({
    orchestrator: () => b.ref,
    review: () => b.system.resolve('/platform/orchestrator/review') as ActorRef<ReviewMessage>,
    via: b.system,
  });
  const submitted = await rig.sim.until(client.submit(requestOf({ council: 'always' }), ann));
  const { body, ballots } = await rig.sim.until(submitted.verdict);
  const noted = async (): Promise<unknown[]> =>
    (await world.ledger.byDecision(body.decisionId))
      .filter(({ kind }) => kind === 'late-ballot' || kind === 'event')
      .map(({ payload }) => payload);
  return {
    ...{ rig, world, queue, a, b, troubles, noted, dead },
    decisionId: body.decisionId,
    ballot: ballots[0]!,
    own: (name: string) => (owner = name),
  };
}

/** The queue as a process has it: when that is dead, it says and hears nothing any more. */
function mortal(queue: MemoryWorkQueue, isDead: () => boolean): WorkQueuePort {
  const silent = new Promise<never>(() => undefined);
  const living = <T extends object>(of: T): T =>
    new Proxy(of, {
      get: (target, name) => {
        const part: unknown = Reflect.get(target, name, target);
        if (typeof part !== 'function') return part;
        return async (...args: unknown[]) => {
          if (isDead()) return silent;
          const given: unknown = await (part as (...all: unknown[]) => unknown).apply(target, args);
          return isDead() ? silent : typeof given === 'object' && given !== null ? living(given) : given;
        };
      },
    });
  return living<WorkQueuePort>(queue);
}

type Town = Awaited<ReturnType<typeof town>>;

const late = ({ decisionId, ballot }: Town) =>
  ({ kind: 'late-ballot', decisionId, seat: ballot.body.seat, round: 1, ballot }) as const;
const refused = ({ decisionId }: Town) =>
  ({ kind: 'ballot-refused', decisionId, seat: 'x', round: 1, reason: 'twice' }) as const;

test('a notice of one node is recorded by the node that decides, each once, also two that read the same', async () => {
  const place = await town();
  const { rig, a, queue, noted } = place;
  await a.notices.open(true);
  a.notices.tell(late(place));
  a.notices.tell(refused(place));
  a.notices.tell(refused(place));
  await rig.sim.advance(100);
  const payloads = (await noted()) as { notice: string; noticeId: string; ballot: unknown }[];
  assert.equal(payloads.map(({ notice }) => notice).sort(), [
    'ballot-refused',
    'ballot-refused',
    'late-ballot',
  ]);
  assert.is(new Set(payloads.map(({ noticeId }) => noticeId)).size, 3);
  assert.equal(payloads.find(({ notice }) => notice === 'late-ballot')!.ballot, place.ballot);
  assert.is(await queue.depth('test_ballot-notices'), 0);
});

test('the word of the owner is lost: the notice comes again, and stands once', async () => {
  const place = await town();
  const { rig, a, b, noted } = place;
  await a.notices.open(true);
  // From the record on nothing of b leaves any more.
  b.bus.decide = () => 'drop';
  a.notices.tell(late(place));
  await rig.sim.advance(1_000);
  assert.is((await noted()).length, 1);
  assert.is(a.notices.taker.counters.handled, 0);
  b.bus.decide = () => 'pass';
  await rig.sim.advance(60_000);
  assert.is((await noted()).length, 1);
  assert.is(a.notices.taker.counters.handled, 1);
});

test('the node that took it dies before it acknowledged: another takes it, and it stands once', async () => {
  const place = await town();
  const { rig, a, b, noted, queue, dead } = place;
  await a.notices.open(true);
  a.bus.isDeaf = true;
  a.notices.tell(late(place));
  await rig.sim.advance(1_000);
  assert.is((await noted()).length, 1);
  dead.add('a');
  await b.notices.open(true);
  await rig.sim.advance(60_000);
  assert.is((await noted()).length, 1);
  assert.is(await queue.depth('test_ballot-notices'), 0);
});

test('while the record takes nothing, and while nobody decides, nothing is lost', async () => {
  const place = await town();
  const { rig, a, world, noted, own } = place;
  await a.notices.open(true);
  world.fault = ({ kind }) => (kind === 'late-ballot' ? 'lost' : undefined);
  a.notices.tell(late(place));
  await rig.sim.advance(200);
  assert.is((await noted()).length, 0);
  own('');
  world.fault = () => undefined;
  await rig.sim.advance(400);
  own('a');
  await rig.sim.advance(10_000);
  assert.is((await noted()).length, 1);
});

test('an owner that lost its shard while it recorded does not acknowledge', async () => {
  const place = await town();
  const { rig, a, world, noted, own } = place;
  await a.notices.open(true);
  const { append } = world.ledger;
  world.ledger.append = async (entry) => {
    const receipt = await append.call(world.ledger, entry);
    if (entry.kind === 'late-ballot') own('a');
    return receipt;
  };
  a.notices.tell(late(place));
  await rig.sim.advance(100);
  assert.equal([(await noted()).length, a.notices.taker.counters.handled], [1, 0]);
  await rig.sim.advance(10_000);
  assert.equal([(await noted()).length, a.notices.taker.counters.handled], [1, 1]);
});

test('a notice of a decision that nobody knows ends as a dead letter; it is shown, replayed, dropped', async () => {
  const place = await town();
  const { rig, a, queue, troubles } = place;
  await a.notices.open(true);
  const decisionId = `d${'1'.repeat(32)}` as DecisionId;
  a.notices.tell({ ...refused(place), decisionId });
  await rig.sim.advance(10_000);
  const letters = new DeadLetters(queue, 'test');
  const { queues, items } = await letters.list();
  assert.equal(queues, [{ queue: 'ballot-notices', waiting: 0, dead: 1 }]);
  const [{ reason, deliveryCount, to, from, id }] = items as [(typeof items)[number]];
  assert.equal(
    { reason, deliveryCount, to, from },
    {
      reason: 'not_found: there is no such decision (after 3 deliveries)',
      deliveryCount: 3,
      to: decisionId,
      from: 'a',
    },
  );
  assert.ok(troubles.includes('a message is a dead letter'));
  const name = { queue: 'ballot-notices', id } as const;
  const { message } = await letters.show(name);
  assert.is((message as { reason: string }).reason, 'twice');
  await letters.replay(name);
  await rig.sim.advance(10_000);
  assert.is((await letters.list()).items.length, 1, 'it failed again');
  await letters.drop(name);
  assert.is((await letters.list()).items.length, 0);
  const codes = await Promise.all(
    [letters.show(name), letters.drop(name), letters.replay(name)].map((work) =>
      work.then(
        () => 'done',
        (error: WitanError) => error.code,
      ),
    ),
  );
  assert.equal(codes, ['not_found', 'not_found', 'not_found']);
});
