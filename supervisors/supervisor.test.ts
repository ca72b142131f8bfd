import { assert, suite } from '../test/harness.ts';
import { advance, settle } from '../test/sim-time.ts';
import { query, SeededRandom, SimClock, spawn, start, stop } from '../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem, AnyRef, TreeEvent } from '../runtime/kernel/index.ts';
import { actorChild, DEFAULT_INTENSITY } from './child-spec.ts';
import type { ActorChild, ChildSpec } from './child-spec.ts';
import { spawnSupervisor } from './supervisor.ts';
import type { SupervisorMessage, SupervisorOptions } from './supervisor.ts';
import type { ChildStatus } from './supervision.ts';

const test = suite('supervisor');

type Note = 'crash' | 'stop' | { readonly type: 'say'; readonly text: string };

interface World {
  readonly clock: SimClock;
  readonly system: ActorSystem;
  readonly log: string[];
  readonly events: TreeEvent[];
  child(id: string, more?: Partial<ActorChild<number, Note>>): ChildSpec;
  /** A child that ends when it crashes instead of handing the crash up. */
  mortal(id: string, more?: Partial<ChildSpec>): ChildSpec;
  supervise(options: SupervisorOptions, parent?: AnyRef): ActorRef<SupervisorMessage>;
  tell(path: string, note: Note): void;
}

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const clock = new SimClock();
  const system = start({ clock, random: new SeededRandom(7) });
  const log: string[] = [];
  const events: TreeEvent[] = [];
  system.subscribe((event) => void events.push(event));
  const behavior = (id: string) => (count: number, note: Note, ctx: { stop(): void }) => {
    if (note === 'crash') throw new Error(`${id} crashed`);
    if (note === 'stop') ctx.stop();
    else log.push(`${id} ${note.text} ${count + 1}`);
    return count + 1;
  };
  const options = (id: string) => ({
    initialStateFunc: () => (log.push(`${id} up`), 0),
    afterStop: () => void log.push(`${id} down`),
  });
  const world: World = {
    clock,
    system,
    log,
    events,
    child: (id, more = {}) =>
      actorChild<number, Note>({ id, behavior: behavior(id), options: options(id), ...more }),
    mortal: (id, more = {}) => ({
      id,
      start: (parent) => spawn(parent, behavior(id), id, options(id)),
      ...more,
    }),
    supervise: (supervisor, parent = system.root) => spawnSupervisor(parent, 'top', supervisor),
    tell: (path, note) => (system.find(path) as ActorRef<Note> | undefined)?.tell(note),
  };
  try {
    await body(world);
  } finally {
    const stopped = system.stop();
    await advance(clock, 10_000);
    await stopped;
  }
}

async function statuses(top: ActorRef<SupervisorMessage>): Promise<string[]> {
  const children = await query<SupervisorMessage, readonly ChildStatus[]>(
    top,
    (replyTo) => ({ type: 'children', replyTo }),
    { timeoutMs: 1_000 },
  );
  return children.map((child) => `${child.id} ${child.phase} ${child.restartCount}`);
}

test('children start in order and stop in reverse', () =>
  inWorld(async ({ log, child, supervise }) => {
    const top = supervise({ children: [child('a'), child('b'), child('c')] });
    await settle();
    assert.equal(log, ['a up', 'b up', 'c up']);
    await stop(top);
    assert.equal(log.slice(3), ['c down', 'b down', 'a down']);
  }));

test('one-for-one: a crash resets the child in place and stops no sibling; ref and mailbox stay', () =>
  inWorld(async ({ clock, system, log, events, child, supervise, tell }) => {
    const top = supervise({ children: [child('a'), child('b')] });
    await settle();
    const ref = system.find('/top/a');
    tell('/top/a', { type: 'say', text: 'one' });
    tell('/top/a', 'crash');
    tell('/top/a', { type: 'say', text: 'two' });
    await settle();
    tell('/top/b', { type: 'say', text: 'still here' });
    await settle();
    assert.equal(
      log,
      ['a up', 'b up', 'a one 1', 'b still here 1'],
      'the crashed child waits for its back-off',
    );
    await advance(clock, 100);
    assert.equal(log.slice(4), ['a up', 'a two 1']);
    assert.is(system.find('/top/a'), ref);
    assert.equal(await statuses(top), ['a up 1', 'b up 0']);
    assert.ok(
      events.some((event) => event.kind === 'restarted' && event.path === '/top/a' && event.restarts === 1),
    );
    assert.not(events.some((event) => event.kind === 'stopped'));
  }));

test('one-for-one: a child that ends is replaced under its name, and the restart shows in the tree', () =>
  inWorld(async ({ clock, system, log, events, mortal, supervise, tell }) => {
    supervise({ children: [mortal('a'), mortal('b')] });
    await settle();
    const ref = system.find('/top/a');
    tell('/top/a', 'crash');
    await advance(clock, 49);
    assert.is(system.find('/top/a'), undefined, 'back-off: at least half of 100 ms');
    await advance(clock, 51);
    assert.ok(system.find('/top/a'));
    assert.is.not(system.find('/top/a'), ref);
    assert.equal(log, ['a up', 'b up', 'a down', 'a up']);
    assert.ok(
      events.some((event) => event.kind === 'restarted' && event.path === '/top/a' && event.restarts === 1),
    );
    assert.is(system.inspect('/top/a')[0]?.restartCount, 1);
  }));

test('reverse order holds for a child that was replaced', () =>
  inWorld(async ({ clock, log, mortal, supervise, tell }) => {
    const top = supervise({ children: [mortal('a'), mortal('b'), mortal('c')] });
    await settle();
    tell('/top/a', 'crash');
    await advance(clock, 100);
    log.length = 0;
    await stop(top);
    assert.equal(log, ['c down', 'b down', 'a down']);
  }));

test('permanent is restarted after any end, transient after a crash alone, temporary never', () =>
  inWorld(async ({ clock, system, child, mortal, supervise, tell }) => {
    const top = supervise({
      children: [
        mortal('always'),
        mortal('on-crash', { restart: 'transient' }),
        mortal('never', { restart: 'temporary' }),
        child('never-escalated', { restart: 'temporary' }),
      ],
    });
    await settle();
    for (const id of ['always', 'on-crash']) tell(`/top/${id}`, 'stop');
    for (const id of ['never', 'never-escalated']) tell(`/top/${id}`, 'crash');
    await advance(clock, 200);
    assert.equal(await statuses(top), ['always up 1', 'on-crash ended 0']);
    assert.is(system.find('/top/never'), undefined);
    assert.is(system.find('/top/never-escalated'), undefined);
  }));

test('a transient child is restarted after a crash', () =>
  inWorld(async ({ clock, mortal, supervise, tell }) => {
    const top = supervise({ children: [mortal('a', { restart: 'transient' })] });
    await settle();
    tell('/top/a', 'crash');
    await advance(clock, 200);
    assert.equal(await statuses(top), ['a up 1']);
  }));

for (const [kind, escalated] of [
  ['in place', true],
  ['by replacement', false],
] as const) {
  test(`intensity counts per child, and one restart too many stops the branch (${kind})`, () =>
    inWorld(async ({ clock, system, child, mortal, supervise, tell }) => {
      const make = escalated ? child : mortal;
      supervise({ children: [make('a'), make('b')] });
      await settle();
      for (let round = 0; round < DEFAULT_INTENSITY.maxRestarts; round++) {
        tell('/top/a', 'crash');
        tell('/top/b', 'crash');
        await advance(clock, 5_000);
        assert.ok(system.find('/top/a') && system.find('/top/b'), `after ${round + 1} crashes each`);
      }
      tell('/top/a', 'crash');
      await settle();
      assert.is(system.find('/top'), undefined);
      assert.is(system.find('/top/b'), undefined);
    }));
}

test('old crashes leave the window and the back-off starts over after a quiet period', () =>
  inWorld(async ({ clock, system, mortal, supervise, tell }) => {
    supervise({ children: [mortal('a', { backoff: { jitter: 0 } })] });
    await settle();
    for (let round = 0; round < 4; round++) {
      tell('/top/a', 'crash');
      await advance(clock, 2_000);
    }
    tell('/top/a', 'crash');
    await advance(clock, 1_599);
    assert.is(system.find('/top/a'), undefined, 'the fifth delay is 100 × 2⁴');
    await advance(clock, 1);
    assert.ok(system.find('/top/a'));
    await advance(clock, 61_000);
    tell('/top/a', 'crash');
    await advance(clock, 99);
    assert.is(system.find('/top/a'), undefined);
    await advance(clock, 1);
    assert.ok(system.find('/top/a'), 'first delay again, and no escalation');
  }));

test('an escalation restarts the nested supervisor with all its children', () =>
  inWorld(async ({ clock, system, log, child, supervise, tell }) => {
    const intensity = { maxRestarts: 1, withinMs: 60_000 };
    supervise({
      children: [
        {
          id: 'inner',
          start: (parent) =>
            spawnSupervisor(parent, 'inner', { children: [child('a', { intensity }), child('b')] }),
        },
        child('outer'),
      ],
    });
    await settle();
    tell('/top/inner/a', 'crash');
    await advance(clock, 200);
    tell('/top/inner/a', 'crash');
    await advance(clock, 1_000);
    assert.equal(log, ['a up', 'b up', 'outer up', 'a up', 'b down', 'a down', 'a up', 'b up']);
    assert.ok(system.find('/top/outer'));
    tell('/top/inner/a', { type: 'say', text: 'alive' });
    await settle();
    assert.is(log.at(-1), 'a alive 1');
  }));

test('all-for-one: everyone is stopped in reverse order and started in order', () =>
  inWorld(async ({ clock, log, child, supervise, tell }) => {
    const top = supervise({ strategy: 'all-for-one', children: [child('a'), child('b'), child('c')] });
    await settle();
    tell('/top/b', 'crash');
    await advance(clock, 100);
    assert.equal(log.slice(3), ['b down', 'c down', 'a down', 'a up', 'b up', 'c up']);
    assert.equal(await statuses(top), ['a up 0', 'b up 1', 'c up 0']);
  }));

test('rest-for-one: those started after the failed child are restarted with it', () =>
  inWorld(async ({ clock, log, child, supervise, tell }) => {
    supervise({ strategy: 'rest-for-one', children: [child('a'), child('b'), child('c'), child('d')] });
    await settle();
    tell('/top/b', 'crash');
    await advance(clock, 100);
    assert.equal(log.slice(4), ['b down', 'd down', 'c down', 'b up', 'c up', 'd up']);
  }));

test('a crash while a group restarts joins it', () =>
  inWorld(async ({ clock, log, child, supervise, tell }) => {
    const top = supervise({ strategy: 'rest-for-one', children: [child('a'), child('b'), child('c')] });
    await settle();
    tell('/top/b', 'crash');
    await settle();
    tell('/top/a', 'crash');
    await advance(clock, 300);
    assert.equal(log.slice(3), ['b down', 'c down', 'a down', 'a up', 'b up', 'c up']);
    assert.equal(await statuses(top), ['a up 1', 'b up 1', 'c up 0']);
  }));

test('a child that does not stop in time does not hold the group up for ever', () =>
  inWorld(async ({ clock, child, supervise, tell }) => {
    const stuck = actorChild<number, Note>({
      id: 'stuck',
      behavior: () => new Promise<number>(() => undefined),
      options: { initialState: 0, stopGraceMs: 60_000 },
      shutdownMs: 500,
      intensity: { maxRestarts: 50, withinMs: 1 },
      backoff: { maxMs: 1_000 },
    });
    const top = supervise({ strategy: 'all-for-one', children: [stuck, child('a')] });
    await settle();
    tell('/top/stuck', { type: 'say', text: 'hang' });
    await settle();
    tell('/top/a', 'crash');
    await advance(clock, 700);
    assert.is((await statuses(top))[0]?.split(' ')[1], 'waiting', 'the old actor still has the name');
    await advance(clock, 65_000);
    assert.equal(
      (await statuses(top)).map((status) => status.split(' ').slice(0, 2).join(' ')),
      ['stuck up', 'a up'],
    );
  }));

test('a start that throws is tried again after the back-off, and counts', () =>
  inWorld(async ({ clock, log, child, mortal, supervise }) => {
    let failures = 2;
    const flaky = mortal('flaky');
    const spec: ChildSpec = {
      ...flaky,
      start: (parent) => {
        if (failures-- > 0) throw new Error('not yet');
        return flaky.start(parent);
      },
    };
    const top = supervise({ children: [spec, child('b')] });
    await settle();
    assert.equal(log, ['b up']);
    await advance(clock, 400);
    assert.equal(log, ['b up', 'flaky up']);
    assert.equal(await statuses(top), ['flaky up 2', 'b up 0']);
  }));

test('children can be added and removed while it runs', () =>
  inWorld(async ({ clock, system, child, supervise }) => {
    const top = supervise({ children: [child('a')] });
    const added = await query<SupervisorMessage, AnyRef | Error>(
      top,
      (replyTo) => ({ type: 'start-child', spec: child('b'), replyTo }),
      { timeoutMs: 1_000 },
    );
    assert.is(added, system.find('/top/b'));
    const twice = await query<SupervisorMessage, AnyRef | Error>(
      top,
      (replyTo) => ({ type: 'start-child', spec: child('b'), replyTo }),
      { timeoutMs: 1_000 },
    );
    assert.is((twice as { code?: string }).code, 'already_exists');
    top.tell({ type: 'stop-child', id: 'a' });
    top.tell({ type: 'stop-child', id: 'unknown' });
    await advance(clock, 1_000);
    assert.equal(await statuses(top), ['b up 0']);
    assert.is(system.find('/top/a'), undefined);
  }));

test('two children of one id are a programmer’s error', () =>
  inWorld(async ({ child, supervise }) => {
    assert.throws(() => supervise({ children: [child('a'), child('a')] }), 'unique');
  }));
