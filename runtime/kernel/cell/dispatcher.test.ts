import type { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import { Simulation, query, spawn, spawnStateless, start, stop } from '../index.ts';
import type { ActorContext, TreeEvent } from '../index.ts';
import { microtasksDone } from '../system-clock.ts';

const test = suite('dispatcher', { limitMs: 180_000 });

/** The error that a promise ends with. */
const failureOf = (promise: Promise<unknown>): Promise<WitanError> =>
  promise.then(
    () => assert.unreachable('no failure') as never,
    (error: WitanError) => error,
  );

const echo = (message: string, ctx: ActorContext<string>): void => ctx.sender?.tell(message as never);

test('one message at a time, in order, also when handlers are asynchronous', async () => {
  const system = start();
  const log: string[] = [];
  const actor = spawnStateless(system, async (message: number) => {
    log.push(`+${message}`);
    await microtasksDone();
    log.push(`-${message}`);
  });
  for (const message of [1, 2, 3]) actor.tell(message);
  await query(actor, () => 4, { timeoutMs: 60 }).catch(() => {});
  assert.equal(log, ['+1', '-1', '+2', '-2', '+3', '-3', '+4', '-4']);
  await system.stop();
});

test('a behavior that gives no promise is run without one: 1,000 messages in a few turns', async () => {
  const system = start();
  let sum = 0;
  const add = (state: number, amount: number): number => (sum = state + amount);
  const actor = spawn(system, add, 'sum', { initialState: 0 });
  for (let amount = 1; amount <= 1_000; amount += 1) actor.tell(amount);
  // No promise was awaited: a single round of microtasks and at most a few immediates are enough.
  for (let round = 0; round < 20 && sum < 500_500; round += 1) await microtasksDone();
  assert.is(sum, 500_500);
  await system.stop();
});

test('a thenable that is no promise suspends the actor too', async () => {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  const actor = spawn(
    system,
    (state: number, _message: string) => {
      const then = (done: (value: number) => void): unknown => sim.clock.setTimer(10, () => done(state + 1));
      const thenable = { then };
      return thenable as unknown as Promise<number>;
    },
    'a',
    { initialState: 0, stateName: (state) => `n${state}` },
  );
  actor.tell('x');
  actor.tell('y');
  await sim.advance(15);
  assert.is(system.inspect('/a')[0]!.stateName, 'n1');
  await sim.advance(10);
  assert.is(system.inspect('/a')[0]!.stateName, 'n2');
});

test('a handler that never settles is reported, holds up nobody else, and can be stopped', async () => {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  const events: TreeEvent[] = [];
  system.subscribe((event) => void events.push(event));
  let last: number | undefined;
  const hung = spawn(
    system,
    (state: number, message: string) => {
      return message === 'hang' ? new Promise<number>(() => {}) : state + 1;
    },
    'hung',
    { initialState: 0, slowHandlerMs: 300, afterStop: (state) => void (last = state) },
  );
  const other = spawnStateless(system, echo);
  hung.tell('count');
  hung.tell('hang');
  hung.tell('count');
  const waiting = failureOf(query(hung, () => 'count', { timeoutMs: 60_000 }));
  await sim.advance(600);
  assert.is(events.filter((event) => event.kind === 'slow-handler' && event.path === '/hung').length, 1);
  assert.is(await sim.until(query(other, () => 'hello', { timeoutMs: 50 })), 'hello');
  const stopped = stop(hung);
  await sim.runUntilIdle();
  assert.is((await waiting).code, 'stopped');
  await sim.until(stopped);
  assert.is(last, 1);
  assert.is(system.find('/hung'), undefined);
});

test('what an abandoned handler does later has no effect', async () => {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  let wake = (): void => {};
  const outcomes: string[] = [];
  const actor = spawn(
    system,
    async (state: number, message: string, ctx: ActorContext<string>) => {
      if (message !== 'slow') return state + 1;
      await new Promise<void>((done) => (wake = done));
      try {
        ctx.setTimer('late', 1, 'x');
        outcomes.push('acted');
      } catch (error) {
        outcomes.push((error as { code: string }).code);
      }
      return 1_000;
    },
    'a',
    { initialState: 0, stateName: String },
  );
  actor.tell('slow');
  await sim.runUntilIdle();
  system.restart('/a');
  actor.tell('count');
  await sim.runUntilIdle();
  wake();
  await sim.advance(10);
  assert.equal(outcomes, ['stopped']);
  assert.is(system.inspect('/a')[0]!.stateName, '1');
});

test('endless ping-pong leaves timers alive', async () => {
  const system = start();
  let played = 0;
  const play = (state: undefined, message: number, ctx: ActorContext<number>): undefined => {
    played += 1;
    ctx.sender?.tell(message as never, ctx.self as never);
    return state;
  };
  const [one, two] = [spawn(system, play, 'one'), spawn(system, play, 'two')];
  one.tell(1, two as never);
  const lateMs: number[] = [];
  for (let round = 0; round < 30; round += 1) {
    const startedMs = performance.now();
    await new Promise((done) => setTimeout(done, 10));
    lateMs.push(performance.now() - startedMs - 10);
  }
  await system.stop({ graceMs: 1 });
  assert.ok(played > 10_000, `${played} played`);
  // A starved loop would never come here; the bound on lateness is measured in bench/.
  assert.is(lateMs.length, 30);
});

test('an endless chain of asks leaves timers alive too', async () => {
  const system = start();
  const actor = spawnStateless(system, echo);
  let fired = false;
  setTimeout(() => (fired = true), 5);
  while (!fired) await query(actor, () => 'x', { timeoutMs: 1_000 });
  assert.ok(fired);
  await system.stop();
});

test('two systems in one process share nothing', async () => {
  const [left, right] = [start({ name: 'left' }), start({ name: 'right' })];
  spawnStateless(left, () => {}, 'only-left');
  assert.is(right.find('/only-left'), undefined);
  await left.stop();
  const actor = spawnStateless(right, echo);
  assert.is(await query(actor, () => 'up', { timeoutMs: 1_000 }), 'up');
  await right.stop();
});
