import { assert, suite } from '../../../test/harness.ts';
import { Simulation, query, spawn, spawnStateless, start } from '../index.ts';
import type { ActorContext, ActorRef, AdoptedNode, TreeEvent } from '../index.ts';
import { Histogram } from './histogram.ts';

const test = suite('inspection');

function simulated(options: { deadLetterCapacity?: number } = {}) {
  const sim = new Simulation(1);
  return { sim, system: start({ clock: sim.clock, scheduler: sim.scheduler, node: 'n1', ...options }) };
}

test('inspect tells path, behavior, state, depths, counts and errors of every actor', async () => {
  const { sim, system } = simulated();
  const parent = spawn(
    system,
    function guard(state: number) {
      return state + 1;
    },
    'parent',
    {
      initialState: 0,
      stateName: (state) => `n${state}`,
      mailbox: { capacity: 50 },
    },
  );
  spawnStateless(parent as ActorRef<never>, function leaf() {}, 'leaf');
  for (let count = 0; count < 3; count += 1) parent.tell('x');
  assert.is(system.inspect('/parent')[0]!.mailboxDepth, 3);
  await sim.advance(500);
  const [info, leaf] = system.inspect('/parent');
  assert.equal(info, {
    path: '/parent',
    name: 'parent',
    node: 'n1',
    behavior: 'guard',
    lifecycle: 'idle',
    stateName: 'n3',
    mailboxDepth: 0,
    mailboxMaxDepth: 3,
    mailboxCapacity: 50,
    processedCount: 3,
    restartCount: 0,
    uptimeMs: 500,
    childCount: 1,
    watcherCount: 0,
  });
  assert.is(leaf!.behavior, 'leaf');
  assert.equal(system.inspect('/par'), []);
  assert.equal(
    system.inspect().map((one) => one.path),
    ['/', '/parent', '/parent/leaf'],
  );
});

test('a stateName that throws or a behavior without a name does no harm', () => {
  const { system } = simulated();
  const stateName = (): never => {
    throw new Error('name');
  };
  spawn(
    system,
    (
      () => (state: number) =>
        state
    )(),
    'a',
    { initialState: 1, stateName },
  );
  const [info] = system.inspect('/a');
  assert.is(info!.stateName, undefined);
  assert.is(info!.behavior, 'anonymous');
});

test('pause holds user messages, resume lets them go; asks wait meanwhile', async () => {
  const { sim, system } = simulated();
  const answer = (_: string, ctx: ActorContext<string>): void => ctx.sender?.tell('x' as never);
  const echo = spawnStateless(system, answer, 'a');
  system.pause('/a');
  const ask = query(echo, () => 'x', { timeoutMs: 1_000 });
  await sim.advance(10);
  assert.is(system.inspect('/a')[0]!.lifecycle, 'paused');
  assert.is(system.inspect('/a')[0]!.mailboxDepth, 1);
  system.resume('/a');
  assert.is(await sim.until(ask), 'x');
  const watch = (): void => system.watchHandling('/b', true);
  for (const work of [() => system.pause('/b'), () => system.restart('/b'), watch]) {
    assert.throws(work, (error: { code?: string }) => error.code === 'not_found');
  }
});

test('handling and waiting times are there while watched, and only then', async () => {
  const { sim, system } = simulated();
  const slow = spawn(
    system,
    async (state: undefined) => {
      await new Promise<void>((done) => sim.clock.setTimer(20, done));
      return state;
    },
    'slow',
  );
  assert.is(system.inspect('/slow')[0]!.handling, undefined);
  system.watchHandling('/slow', true);
  for (let count = 0; count < 4; count += 1) slow.tell('x');
  await sim.advance(100);
  const { handling, waiting } = system.inspect('/slow')[0]!;
  assert.ok(Math.abs(handling!.p50Ms - 20) < 1.5, `${handling!.p50Ms}`);
  assert.ok(waiting !== undefined && waiting.p99Ms < 21);
  system.watchHandling('/slow', false);
  assert.is(system.inspect('/slow')[0]!.handling, undefined);
});

test('a message that waited is timed from its arrival', async () => {
  const { sim, system } = simulated();
  const actor = spawnStateless(system, () => {}, 'a');
  system.watchHandling('/a', true);
  system.pause('/a');
  await sim.advance(5);
  actor.tell('x');
  await sim.advance(30);
  system.resume('/a');
  await sim.runUntilIdle();
  const { waiting } = system.inspect('/a')[0]!;
  assert.ok(Math.abs(waiting!.p50Ms - 30) < 2, `${waiting!.p50Ms}`);
});

test('quantiles of the histogram are within 5 %', () => {
  const histogram = new Histogram();
  assert.is(histogram.quantileMs(0.5), 0);
  for (let value = 1; value <= 1_000; value += 1) histogram.add(value);
  assert.ok(Math.abs(histogram.quantileMs(0.5) / 500 - 1) < 0.05);
  assert.ok(Math.abs(histogram.quantileMs(0.99) / 990 - 1) < 0.05);
  for (const odd of [0, -1, Number.NaN, Infinity]) histogram.add(odd);
  assert.is(histogram.count, 1_004);
});

test('dead letters: bounded, numbered, counted by reason, with sender and envelope', () => {
  const { system } = simulated({ deadLetterCapacity: 3 });
  const nobody = system.resolve('/nobody');
  for (let number = 1; number <= 5; number += 1) nobody.tell({ type: 'hello', number }, system.root);
  const letters = system.deadLetters();
  assert.equal(
    letters.map(({ sequence }) => sequence),
    [3, 4, 5],
  );
  const [{ recipient, sender, messageType, envelope }] = letters as [(typeof letters)[0]];
  assert.equal([recipient, sender, messageType], ['/nobody', '/', 'hello']);
  assert.equal([envelope.recipient, envelope.type, envelope.sender], ['/nobody', 'hello', '/']);
  assert.equal(system.deadLetterTotals(), { 'no-such-actor': 5 });
});

test('a dead letter can be sent again once its actor lives; then it is gone', async () => {
  const { sim, system } = simulated();
  system.resolve('/later').tell('hello');
  assert.not(system.replayDeadLetter(1));
  const seen: unknown[] = [];
  spawnStateless(system, (message: unknown) => void seen.push(message), 'later');
  assert.ok(system.replayDeadLetter(1));
  assert.not(system.replayDeadLetter(1));
  assert.not(system.replayDeadLetter(99));
  await sim.runUntilIdle();
  assert.equal(seen, ['hello']);
  assert.equal(system.deadLetters(), []);
});

test('events: every change in order; a slow subscriber loses the oldest', async () => {
  const { sim, system } = simulated();
  const all: TreeEvent[] = [];
  const late: TreeEvent[] = [];
  const throwing = system.subscribe(() => {
    throw new Error('subscriber');
  });
  const whole = system.subscribe((event) => void all.push(event));
  const slow = system.subscribe(
    async (event) => {
      late.push(event);
      await new Promise<void>((done) => sim.clock.setTimer(1_000, done));
    },
    { capacity: 2 },
  );
  for (const name of ['a', 'b', 'c', 'd']) spawnStateless(system, () => {}, name);
  system.pause('/a');
  system.resume('/a');
  await sim.until(system.stopActor('/a'));
  await sim.runUntilIdle();
  assert.equal(
    all.map((event) => `${event.kind} ${event.path}`),
    ['spawned /a', 'spawned /b', 'spawned /c', 'spawned /d', 'paused /a', 'resumed /a', 'stopped /a'],
  );
  assert.ok(slow.droppedCount >= 3, `${slow.droppedCount} dropped`);
  assert.ok(late.length <= 2);
  for (const subscription of [throwing, whole, slow, slow]) subscription.close();
  spawnStateless(system, () => {}, 'e');
  await sim.runUntilIdle();
  assert.is(all.length, 7);
});

test('an adopted tree is seen, addressed and stopped; one that throws is empty', async () => {
  const { system } = simulated();
  const told: unknown[] = [];
  const stopped: string[] = [];
  const nodes = (): AdoptedNode[] => [
    { path: '/', behavior: 'system', lifecycle: 'idle' },
    { path: '/child', behavior: 'child', lifecycle: 'busy', mailboxDepth: 7 },
  ];
  const stop = (path: string): void => void stopped.push(path);
  const source = { name: 'old', nodes, stop, tell: (...all: unknown[]) => void told.push(all) };
  const adoption = system.adopt('/', source);
  const isTaken = (error: { code?: string }): boolean => error.code === 'already_exists';
  assert.throws(() => system.adopt('/', source), isTaken);
  const depths = system.inspect('/old').map(({ path, mailboxDepth }) => `${path} ${mailboxDepth}`);
  assert.equal(depths, ['/old 0', '/old/child 7']);
  system.find('/old/child')!.tell('hello');
  assert.equal(told, [['/child', 'hello', undefined]]);
  assert.is(system.find('/old/nobody'), undefined);
  await system.stopActor('/old/child');
  assert.equal(stopped, ['/child']);
  adoption.release();
  assert.equal(system.inspect('/old'), []);
  system.adopt('/', {
    ...source,
    name: 'bad',
    nodes: () => {
      throw new Error('nodes');
    },
  });
  assert.equal(system.inspect('/bad'), []);
});
