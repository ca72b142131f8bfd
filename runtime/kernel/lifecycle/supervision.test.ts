import { assert, suite } from '../../../test/harness.ts';
import { Simulation, spawn, spawnStateless, start } from '../index.ts';
import type {
  ActorContext,
  ActorOptions,
  ActorRef,
  ActorSystem,
  CrashDecision,
  CrashHandler,
  Parent,
  Signal,
  TreeEvent,
} from '../index.ts';

const test = suite('supervision');

function simulated(): { sim: Simulation; system: ActorSystem; events: TreeEvent[] } {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  const events: TreeEvent[] = [];
  system.subscribe((event) => void events.push(event));
  return { sim, system, events };
}

/** Counts messages; `boom` throws, `later` rejects. */
function counter(parent: Parent, name: string, options: ActorOptions<number, string> = {}): ActorRef<string> {
  const count = (state: number, message: string): number | Promise<number> => {
    if (message === 'boom') throw new Error('boom');
    if (message === 'later') return Promise.reject(new Error('later'));
    return state + 1;
  };
  return spawn(parent, count, name, { initialState: 0, stateName: String, ...options });
}

const stateOf = (system: ActorSystem, path: string): string | undefined => system.inspect(path)[0]?.stateName;

test('default: a crash stops the actor and nobody else', async () => {
  for (const message of ['boom', 'later']) {
    const { sim, system, events } = simulated();
    const [one] = [counter(system, 'one'), counter(system, 'two')];
    one.tell(message);
    one.tell('waiting');
    await sim.runUntilIdle();
    assert.is(system.find('/one'), undefined);
    assert.ok(system.find('/two'));
    assert.is(system.deadLetterTotals().stopped, 1);
    const stopped = events.find((event) => event.kind === 'stopped');
    assert.equal(stopped, { kind: 'stopped', path: '/one', reason: 'crashed' });
  }
});

test('resume keeps the state, reset makes a fresh one; only the message that crashed is gone', async () => {
  for (const [decision, expected] of [
    ['resume', '3'],
    ['reset', '1'],
  ] as const) {
    const { sim, system } = simulated();
    const actor = counter(system, 'a', { onCrash: () => decision });
    for (const message of ['x', 'x', 'boom', 'x']) actor.tell(message);
    await sim.runUntilIdle();
    assert.is(stateOf(system, '/a'), expected);
    assert.is(system.inspect('/a')[0]!.restartCount, decision === 'reset' ? 1 : 0);
    assert.is(system.inspect('/a')[0]!.lastError!.message, 'boom');
  }
});

test('onCrash sees message, error, waiting messages and restarts; it may be asynchronous', async () => {
  const { sim, system } = simulated();
  const seen: unknown[] = [];
  const onCrash: CrashHandler<string> = async (message, error, ctx): Promise<CrashDecision> => {
    seen.push([message, (error as Error).message, [...ctx.mailbox], ctx.restarts]);
    await null;
    return 'reset';
  };
  const actor = counter(system, 'a', { onCrash });
  for (const message of ['boom', 'x', 'boom', 'x']) actor.tell(message);
  await sim.runUntilIdle();
  assert.equal(seen, [
    ['boom', 'boom', ['x', 'boom', 'x'], 0],
    ['boom', 'boom', ['x'], 1],
  ]);
  assert.is(stateOf(system, '/a'), '1');
});

test('a delayed decision suspends the actor until then; a stop in between ends it', async () => {
  const { sim, system } = simulated();
  const decision: CrashDecision = { directive: 'reset', delayMs: 100 };
  const [actor, other] = ['a', 'b'].map((name) => counter(system, name, { onCrash: () => decision }));
  for (const one of [actor!, other!]) {
    one.tell('boom');
    one.tell('x');
  }
  await sim.advance(99);
  assert.is(system.inspect('/a')[0]!.lifecycle, 'restarting');
  assert.is(stateOf(system, '/a'), '0');
  void system.stopActor('/b');
  await sim.advance(2);
  assert.is(stateOf(system, '/a'), '1');
  assert.is(system.find('/b'), undefined);
});

/** A parent with two children and a sibling; the first child escalates its crash. */
function family(decision: CrashDecision) {
  const made = simulated();
  const seen: unknown[] = [];
  const onCrash: CrashHandler<unknown> = (message, error, _ctx, child) => {
    seen.push([message, (error as Error).message, child?.path]);
    return decision;
  };
  const parent = spawn(made.system, (state: number) => state + 1, 'parent', {
    initialState: 0,
    stateName: String,
    onCrash,
  }) as ActorRef<unknown>;
  const sibling = counter(made.system, 'sibling');
  const [one, two] = ['one', 'two'].map((name) => counter(parent, name, { onCrash: () => 'escalate' }));
  for (const actor of [parent, sibling, one!, two!]) actor.tell('x' as never);
  one!.tell('boom');
  const paths = (): string[] =>
    made.system
      .inspect()
      .slice(1)
      .map((info) => `${info.path}=${info.stateName ?? ''}`);
  return { ...made, seen, paths };
}

const OUTCOMES: readonly (readonly [CrashDecision, string[]])[] = [
  ['stop-child', ['/parent=1', '/parent/two=1', '/sibling=1']],
  ['stop-all-children', ['/parent=1', '/sibling=1']],
  ['stop', ['/sibling=1']],
  ['stop-all', []],
  ['resume', ['/parent=1', '/parent/one=1', '/parent/two=1', '/sibling=1']],
  ['reset-child', ['/parent=1', '/parent/one=0', '/parent/two=1', '/sibling=1']],
  ['reset-all-children', ['/parent=1', '/parent/one=0', '/parent/two=0', '/sibling=1']],
  ['reset', ['/parent=0', '/sibling=1']],
  ['reset-all', ['/parent=0', '/sibling=0']],
  ['escalate', ['/sibling=1']],
];

for (const [decision, expected] of OUTCOMES) {
  test(`escalated to a parent that decides ${String(decision)}`, async () => {
    const { sim, seen, paths } = family(decision);
    await sim.runUntilIdle();
    assert.equal(seen, [['boom', 'boom', '/parent/one']]);
    assert.equal(paths(), expected);
  });
}

test('an onCrash that throws, rejects, gives nonsense or never answers escalates', async () => {
  const wrong: CrashHandler<string>[] = [
    () => {
      throw new Error('in onCrash');
    },
    () => Promise.reject(new Error('in onCrash')),
    () => 'nonsense' as never,
    () => undefined as never,
    () => ({ directive: 'what', delayMs: 'long' }) as never,
    () => new Promise(() => {}),
  ];
  for (const onCrash of wrong) {
    const { sim, system } = simulated();
    let escalated = 0;
    const parent = spawn(system, (state: number) => state, 'parent', {
      initialState: 0,
      onCrash: () => {
        escalated += 1;
        return 'reset-child';
      },
    });
    const child = counter(parent as ActorRef<never>, 'child', { onCrash });
    child.tell('boom');
    child.tell('x');
    await sim.advance(6_000);
    assert.is(escalated, 1);
    assert.is(stateOf(system, '/parent/child'), '1');
  }
});

test('a parent is asked while a handler of its own is open', async () => {
  const { sim, system } = simulated();
  const hang = (): Promise<number> => new Promise(() => {});
  const parent = spawn(system, hang, 'parent', { onCrash: () => 'reset-child' });
  parent.tell('hang');
  const child = counter(parent as ActorRef<never>, 'child', { onCrash: () => 'escalate' });
  child.tell('boom');
  child.tell('x');
  await sim.runUntilIdle();
  assert.is(stateOf(system, '/parent/child'), '1');
});

test('an initial state that throws under reset: a few tries with growing delays, then the end', async () => {
  for (const fail of [
    () => {
      throw new Error('init');
    },
    () => Promise.reject(new Error('init')),
  ]) {
    const { sim, system } = simulated();
    const triesMs: number[] = [];
    const initialStateFunc = (): never => {
      triesMs.push(sim.clock.monotonicMs());
      return fail() as never;
    };
    spawn(system, (state: number) => state, 'a', { initialStateFunc, onCrash: () => 'reset' });
    await sim.advance(60_000);
    assert.equal(triesMs, [0, 0, 100, 300, 700, 1_500]);
    assert.is(system.find('/a'), undefined);
  }
});

test('an initial state that fails once is made at the second try, and messages wait for it', async () => {
  const { sim, system } = simulated();
  let tries = 0;
  const initialStateFunc = async (): Promise<number> => {
    tries += 1;
    if (tries === 1) throw new Error('not yet');
    return 40;
  };
  const actor = counter(system, 'a', { initialStateFunc, onCrash: () => 'resume' });
  actor.tell('x');
  await sim.advance(1_000);
  assert.is(stateOf(system, '/a'), '41');
});

test('a restart signal that always throws does not spin', async () => {
  const { sim, system } = simulated();
  let signals = 0;
  const onSignal = (): never => {
    signals += 1;
    throw new Error('signal');
  };
  const actor = counter(system, 'a', { onSignal, onCrash: () => 'reset' });
  actor.tell('boom');
  await sim.advance(60_000);
  assert.ok(signals <= 6, `${signals} signals`);
  assert.is(system.find('/a'), undefined);
});

test('reset: children go before the new state is made, timers are off, the stash is seen again', async () => {
  const { sim, system, events } = simulated();
  const log: string[] = [];
  const signals: Signal[] = [];
  const behavior = (state: number, message: string, ctx: ActorContext<string>): number => {
    log.push(message);
    if (message === 'boom') throw new Error('boom');
    if (message === 'stash') ctx.stash();
    if (message === 'timer') ctx.setTimer('t', 50, 'tick');
    return state;
  };
  const actor = spawn(system, behavior, 'a', {
    initialStateFunc: (ctx) => {
      spawnStateless(ctx.self, () => {}, 'child', { afterStop: () => void log.push('child stopped') });
      log.push('init');
      return 0;
    },
    onCrash: () => 'reset',
    onSignal: (state, signal) => {
      signals.push(signal);
      return state;
    },
  });
  for (const message of ['timer', 'stash', 'boom', 'x']) actor.tell(message);
  await sim.advance(100);
  assert.equal(log, ['init', 'timer', 'stash', 'boom', 'child stopped', 'init', 'stash', 'x']);
  assert.equal(
    signals.map((signal) => signal.kind),
    ['restarted'],
  );
  const restarted = events.find((event) => event.kind === 'restarted');
  assert.equal(restarted, { kind: 'restarted', path: '/a', restarts: 1 });
});

test('names are unique among the living; a stopped parent cannot spawn', async () => {
  const { sim, system } = simulated();
  const parent = spawnStateless(system, () => {}, 'parent');
  const codeOf = (work: () => unknown): string => {
    try {
      work();
      return 'none';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  counter(parent as ActorRef<never>, 'child');
  assert.is(
    codeOf(() => counter(parent as ActorRef<never>, 'child')),
    'already_exists',
  );
  assert.is(
    codeOf(() => counter(system, 'a/b')),
    'invalid_argument',
  );
  assert.is(
    codeOf(() => counter(system, '')),
    'invalid_argument',
  );
  const gone = system.stopActor('/parent/child');
  await sim.until(gone);
  assert.is(
    codeOf(() => counter(parent as ActorRef<never>, 'child')),
    'none',
  );
  await sim.until(system.stopActor('/parent'));
  assert.is(
    codeOf(() => counter(parent as ActorRef<never>, 'other')),
    'stopped',
  );
  const names = new Set(Array.from({ length: 100_000 }, () => spawnStateless(system, () => {}).name));
  assert.is(names.size, 100_000);
});
