/** Faults of nact 7.6.2 that are not copied: each of these tests fails, hangs or ends the process there. */
import { assert, suite } from '../../../test/harness.ts';
import {
  configureLogging,
  configurePersistence,
  dispatch,
  logToConsole,
  PersistedEvent,
  query,
  spawn,
  spawnPersistent,
  spawnStateless,
  start,
  stop,
} from './index.ts';
import type { ActorSystemReference, PersistenceEngine, TemporaryReference } from './index.ts';
import * as systemMap from './system-map.ts';

const test = suite('nact faults', { limitMs: 180_000 });

let system: ActorSystemReference;
test.beforeEach(() => {
  system = start();
});
test.afterEach(() => stop(system));

/** Resolves when every message sent so far has been handled. */
const settled = (): Promise<void> => new Promise((done) => setImmediate(() => setImmediate(done)));

test('150,000 queries in flight each get their own answer', async () => {
  const count = 150_000;
  const open: { n: number; sender: TemporaryReference<number> }[] = [];
  const actor = spawnStateless<{ n: number }>(system, (message, ctx) => {
    open.push({ n: message.n, sender: ctx.sender as TemporaryReference<number> });
    if (open.length === count) for (const one of open) dispatch(one.sender, one.n);
  });
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) => query<{ n: number }, number>(actor, { n }, 20_000)),
  );
  assert.is(
    answers.findIndex((answer, n) => answer !== n),
    -1,
  );
});

test('100,000 anonymous actors get 100,000 names', () => {
  for (let n = 0; n < 100_000; n += 1) spawnStateless(system, () => undefined);
  const concrete = systemMap.find(system.name) as { children: Map<string, unknown> };
  assert.is(concrete.children.size, 100_000);
});

test('an onCrash that throws stops its actor and nothing else', async () => {
  const broken = (): never => {
    throw new Error('onCrash');
  };
  const victim = spawn(system, broken, 'victim', { onCrash: broken });
  const bystander = spawnStateless<string>(
    system,
    (message, ctx) => dispatch(ctx.sender as never, message as never),
    'bystander',
  );
  await query(victim, 'boom', 1_000).then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.is(await query(bystander, 'here', 1_000), 'here');
  // The query fails at the crash; the stop takes some turns more.
  for (let turn = 0; turn < 100 && systemMap.find(system.name, victim); turn += 1) await settled();
  assert.is(systemMap.find(system.name, victim), undefined);
});

test('an afterStop that throws or rejects leaves the process up', async () => {
  const options = (fail: () => never | Promise<never>) => ({ afterStop: fail as () => never });
  stop(
    spawn(
      system,
      () => 0,
      'throws',
      options(() => {
        throw new Error('afterStop');
      }),
    ),
  );
  stop(
    spawn(
      system,
      () => 0,
      'rejects',
      options(() => Promise.reject(new Error('afterStop'))),
    ),
  );
  await settled();
  const actor = spawnStateless<string>(system, (message, ctx) =>
    dispatch(ctx.sender as never, message as never),
  );
  assert.is(await query(actor, 'here', 1_000), 'here');
});

test('an initial state that always throws under reset is given up, and timers fire meanwhile', async () => {
  let starts = 0;
  const initialStateFunc = (): never => {
    starts += 1;
    throw new Error('no state');
  };
  spawn(system, () => 0, 'spinning', { initialStateFunc, onCrash: (_message, _error, ctx) => ctx.reset });
  const startedMs = performance.now();
  await new Promise((done) => setTimeout(done, 10));
  assert.ok(performance.now() - startedMs < 200);
  assert.ok(starts <= 3, `${starts} starts in 10 ms`);
});

test('stop fails waiting queries at once and turns waiting messages into dead letters', async () => {
  const actor = spawn<number, number>(system, () => new Promise<number>(() => undefined), 'stuck');
  dispatch(actor, 0);
  const waiting = Array.from({ length: 50 }, (_, n) => query(actor, n, 20_000));
  await settled();
  const startedMs = performance.now();
  stop(actor);
  const ends = await Promise.allSettled(waiting);
  assert.ok(ends.every((end) => end.status === 'rejected'));
  assert.ok(performance.now() - startedMs < 2_000);
  const { kernel } = systemMap.find(system.name) as {
    kernel: { deadLetterTotals(): Record<string, number> };
  };
  assert.is(kernel.deadLetterTotals().stopped, 50);
});

test('a message costs the same with 0 and with 5,000 children', async () => {
  const parent = spawn<string[], string>(system, (state = [], message, ctx) => {
    if (message === 'spawn') for (let n = 0; n < 5_000; n += 1) spawnStateless(ctx.self, () => undefined);
    if (message === 'names') dispatch(ctx.sender as never, ctx.children as never);
    return state;
  });
  dispatch(parent, 'spawn');
  const first = await query(parent, 'names', 1_000);
  const second = await query(parent, 'names', 1_000);
  // The live map itself: nothing is copied per message.
  assert.is(first, second);
  assert.is((first as Map<string, unknown>).size, 5_000);
});

test('two actors with one persistence key never write the same sequence number', async () => {
  const { engine, events } = memoryEngine();
  stop(system);
  system = start(configurePersistence(engine));
  const refused: unknown[] = [];
  const writer = async (state = 0, _message: string, ctx: object): Promise<number> => {
    const { persist, recovering, sender } = ctx as {
      persist(event: unknown): Promise<void>;
      recovering: boolean;
      sender: never;
    };
    if (recovering) return state + 1;
    await persist('event').catch((error: unknown) => refused.push(error));
    dispatch(sender, state as never);
    return state + 1;
  };
  const older = spawnPersistent(system, writer as never, 'key', 'older');
  await query(older, 'a' as never, 1_000);
  const newer = spawnPersistent(system, writer as never, 'key', 'newer');
  await query(newer, 'b' as never, 1_000);
  await query(older, 'c' as never, 1_000);
  assert.equal(
    events.map((event) => event.sequenceNumber),
    [1, 2],
  );
  assert.is((refused[0] as { code: string }).code, 'stale_writer');
});

test('a failed write leaves no gap in the sequence', async () => {
  const { engine, events, failNext } = memoryEngine();
  stop(system);
  system = start(configurePersistence(engine));
  const writer = async (state = 0, _message: string, ctx: object): Promise<number> => {
    const { persist, sender } = ctx as { persist(event: unknown): Promise<void>; sender: never };
    await persist('event').catch(() => undefined);
    dispatch(sender, state as never);
    return state;
  };
  const actor = spawnPersistent(system, writer as never, 'key');
  await query(actor, 'a' as never, 1_000);
  failNext();
  await query(actor, 'b' as never, 1_000);
  await query(actor, 'c' as never, 1_000);
  assert.equal(
    events.map((event) => event.sequenceNumber),
    [1, 2],
  );
});

test('a formatter that throws stops no actor but the line it formats', async () => {
  stop(system);
  const lines: string[] = [];
  let broken = true;
  const formatter = (): string => {
    if (!broken) return 'line';
    throw new Error('formatter');
  };
  system = start(
    configureLogging(logToConsole({ consoleProxy: { log: (line) => lines.push(line) }, formatter })),
  );
  const actor = spawnStateless<string>(system, (message, ctx) => {
    ctx.log!.info(message);
    dispatch(ctx.sender as never, message as never);
  });
  await query(actor, 'one', 1_000);
  await settled();
  broken = false;
  await query(actor, 'two', 1_000);
  await settled();
  assert.equal(lines, ['line']);
});

function memoryEngine(): { engine: PersistenceEngine; events: PersistedEvent[]; failNext: () => void } {
  const events: PersistedEvent[] = [];
  let failing = false;
  const engine: PersistenceEngine = {
    events: (_key, offset = 0) => events.slice(offset),
    latestSnapshot: () => Promise.resolve(undefined),
    takeSnapshot: () => Promise.resolve(),
    persist: (event) => {
      if (failing) {
        failing = false;
        return Promise.reject(new Error('disk'));
      }
      events.push(event);
      return Promise.resolve();
    },
  };
  return { engine, events, failNext: () => void (failing = true) };
}
