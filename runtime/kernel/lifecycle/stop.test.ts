import { assert, suite } from '../../../test/harness.ts';
import { Simulation, query, spawn, spawnStateless, start, stop } from '../index.ts';
import type { ActorContext, ActorRef, ActorSystem } from '../index.ts';

const test = suite('stop');

function simulated(): { sim: Simulation; system: ActorSystem } {
  const sim = new Simulation(1);
  return { sim, system: start({ clock: sim.clock, scheduler: sim.scheduler }) };
}

test('children stop before their parent, the youngest first, one after the other', async () => {
  const { sim, system } = simulated();
  const log: string[] = [];
  const place = (parent: ActorRef<never> | ActorSystem, name: string): ActorRef<never> =>
    spawnStateless(parent, () => {}, name, {
      afterStop: async () => {
        log.push(`${name}…`);
        await new Promise<void>((done) => sim.clock.setTimer(10, done));
        log.push(name);
      },
    }) as ActorRef<never>;
  const top = place(system, 'top');
  for (const name of ['a', 'b']) {
    const child = place(top, name);
    place(child, `${name}1`);
  }
  await sim.until(stop(top));
  assert.equal(log, ['b1…', 'b1', 'b…', 'b', 'a1…', 'a1', 'a…', 'a', 'top…', 'top']);
});

test('what waits becomes dead letters, also what was put aside; nothing is taken any more', async () => {
  const { sim, system } = simulated();
  const actor = spawnStateless(
    system,
    (message: string, ctx: ActorContext<string>) => {
      if (message === 'aside') ctx.stash();
      if (message === 'end') ctx.stop();
    },
    'a',
  );
  for (const message of ['aside', 'end', 'left', 'over']) actor.tell(message);
  await sim.runUntilIdle();
  actor.tell('late');
  assert.equal(
    system.deadLetters().map(({ message, reason }) => [message, reason]),
    [
      ['aside', 'stopped'],
      ['left', 'stopped'],
      ['over', 'stopped'],
      ['late', 'stopped'],
    ],
  );
});

test('an afterStop that throws, rejects or never ends changes nothing for others', async () => {
  const wrong = [
    () => {
      throw new Error('after');
    },
    () => Promise.reject(new Error('after')),
    () => new Promise<void>(() => {}),
  ];
  for (const afterStop of wrong) {
    const { sim, system } = simulated();
    const parent = spawnStateless(system, () => {}, 'parent');
    spawnStateless(parent as ActorRef<never>, () => {}, 'child', { afterStop });
    const startMs = sim.clock.monotonicMs();
    await sim.until(stop(parent));
    assert.ok(sim.clock.monotonicMs() - startMs <= 1_000);
    assert.is(system.find('/parent'), undefined);
  }
});

test('a stop waits for an open handler, up to its grace', async () => {
  const { sim, system } = simulated();
  let atStop: number | undefined;
  const actor = spawn(
    system,
    async (state: number) => {
      await new Promise<void>((done) => sim.clock.setTimer(100, done));
      return state + 1;
    },
    'a',
    { initialState: 0, afterStop: (state) => void (atStop = state) },
  );
  actor.tell('x');
  await sim.advance(10);
  await sim.until(stop(actor));
  assert.is(atStop, 1);
});

test('what ends after a stop has given it up, handler or afterStop, well or badly, changes nothing', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    for (const isFailing of [false, true]) {
      const { sim, system } = simulated();
      const late = (): Promise<void> =>
        new Promise((done, fail) => {
          sim.clock.setTimer(5_000, () => (isFailing ? fail(new Error('late')) : done()));
        });
      const handling = spawnStateless(system, late, 'handling');
      const ending = spawnStateless(system, () => {}, 'ending', { afterStop: late });
      handling.tell('x');
      await sim.advance(10);
      await sim.until(Promise.all([stop(handling), stop(ending)]));
      assert.ok(sim.clock.monotonicMs() < 5_000);
      await sim.advance(10_000);
      await new Promise((done) => setImmediate(done));
      assert.is(system.inspect('/').length, 1);
    }
    assert.equal(unhandled, []);
  } finally {
    process.off('unhandledRejection', note);
  }
});

test('shutdownAfterMs: an actor without messages stops itself, one with messages does not', async () => {
  const { sim, system } = simulated();
  const actor = spawnStateless(system, () => {}, 'a', { shutdownAfterMs: 100 });
  spawnStateless(system, () => {}, 'quiet', { shutdownAfterMs: 100 });
  for (let round = 0; round < 5; round += 1) {
    await sim.advance(60);
    actor.tell('x');
  }
  assert.is(system.find('/quiet'), undefined);
  await sim.advance(99);
  assert.ok(system.find('/a'));
  await sim.advance(2);
  assert.is(system.find('/a'), undefined);
});

test('a system drains: what actors still send is handled, what comes from outside is not', async () => {
  const { sim, system } = simulated();
  const handled: string[] = [];
  const last = spawnStateless(system, (message: string) => void handled.push(message), 'last');
  const first = spawnStateless(
    system,
    async (message: string) => {
      await new Promise<void>((done) => sim.clock.setTimer(50, done));
      last.tell(message);
    },
    'first',
  );
  first.tell('one');
  first.tell('two');
  const stopped = system.stop({ graceMs: 1_000 });
  assert.is(system.stop(), stopped);
  await sim.until(stopped);
  assert.equal(handled, ['one', 'two']);
  last.tell('outside');
  assert.equal(
    system.deadLetters().map(({ message }) => message),
    ['outside'],
  );
  assert.equal(system.inspect(), []);
  assert.is(sim.clock.pendingCount(), 0, 'timers are left');
});

test('a system that does not come to rest stops when its grace is over', async () => {
  const { sim, system } = simulated();
  const again = (_: string, ctx: ActorContext<string>): void => ctx.self.tell('again');
  spawnStateless(system, again, 'endless').tell('go');
  spawnStateless(system, () => new Promise(() => {}), 'hung', { stopGraceMs: 1e9 }).tell('hang');
  const stopped = system.stop({ graceMs: 200 });
  let done = false;
  void stopped.then(() => (done = true));
  // Time must move beside the endless actor, so the run is stepped by hand.
  for (let step = 0; step < 5_000 && !done; step += 1) {
    await null;
    sim.scheduler.runOne();
    if (step % 5 === 0) sim.clock.advance(1);
  }
  assert.ok(done);
  assert.equal(system.inspect(), []);
});

test('an ask that waits while the system stops ends', async () => {
  const { sim, system } = simulated();
  const silent = spawnStateless(system, () => {});
  const ask = query(silent, () => 'x', { timeoutMs: 1e6 }).catch((error) => error.code);
  await sim.until(system.stop());
  assert.is(await ask, 'stopped');
});

test('no new actors at the top of a system that stops', async () => {
  const { sim, system } = simulated();
  await sim.until(system.stop());
  const isStopped = (error: { code?: string }): boolean => error.code === 'stopped';
  assert.throws(() => spawnStateless(system, () => {}), isStopped);
});

test('10,000 children stop with their parent', async () => {
  const system = start();
  const parent = spawnStateless(system, () => {}, 'parent') as ActorRef<never>;
  let stopped = 0;
  for (let child = 0; child < 10_000; child += 1) {
    spawnStateless(parent, () => {}, undefined, { afterStop: () => void (stopped += 1) });
  }
  await stop(parent);
  assert.is(stopped, 10_000);
  await system.stop();
});

test('a deep tree stops without running out of stack', async () => {
  const system = start();
  let place: ActorRef<never> | ActorSystem = system;
  for (let depth = 0; depth < 5_000; depth += 1) {
    place = spawnStateless(place, () => {}, 'x') as ActorRef<never>;
  }
  await system.stop();
  assert.equal(system.inspect(), []);
});

test('an address in a dead letter keeps nothing of an actor that is gone', async () => {
  const { sim, system } = simulated();
  const held = (name: string): { actor: ActorRef<string>; memory: WeakRef<object> } => {
    const memory = new Array<number>(10_000).fill(1);
    const actor = spawnStateless(system, () => void memory.length, name, {
      afterStop: () => void memory.length,
    });
    return { actor, memory: new WeakRef(memory) };
  };
  const lives = Array.from({ length: 20 }, (_, at) => held(`life-${at}`));
  for (const { actor } of lives) await sim.until(stop(actor));
  for (const { actor } of lives) actor.tell('late');
  await sim.runUntilIdle();
  // What a weak reference gave stays alive until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
  assert.is(system.deadLetters().length, 20);
  assert.is(lives.filter(({ memory }) => memory.deref() !== undefined).length, 0);
});
