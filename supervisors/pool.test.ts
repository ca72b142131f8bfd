import { WitanError } from '../contracts/errors.ts';
import { query, SeededRandom, SimClock, spawnStateless, start } from '../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem, Budget } from '../runtime/kernel/index.ts';
import { assert, suite } from '../test/harness.ts';
import { advance, settle } from '../test/sim-time.ts';
import { FairQueue } from './fair-queue.ts';
import { poolChild, spawnPool } from './pool.ts';
import type { PoolOptions } from './pool.ts';
import type { PoolInfo, PoolMessage, PoolReply } from './pool-message.ts';
import { spawnSupervisor } from './supervisor.ts';

const test = suite('pool');
type Pool = ActorRef<PoolMessage<string, string>>;

interface World {
  readonly clock: SimClock;
  readonly system: ActorSystem;
  /** Tasks by name in the order they began; `finish` ends one, with an error if given. */
  readonly began: string[];
  finish(task: string, error?: unknown): Promise<void>;
  readonly answers: string[];
  submit(pool: Pool, task: string, more?: { budgetMs?: number; key?: string }): void;
  info(pool: Pool): Promise<PoolInfo>;
  options(more?: Partial<PoolOptions<string, string, number>>): PoolOptions<string, string, number>;
}

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const clock = new SimClock();
  const system = start({ clock, random: new SeededRandom(3) });
  const began: string[] = [];
  const answers: string[] = [];
  const open = new Map<string, { done: (value: string) => void; fail: (error: unknown) => void }>();
  const run = (worker: number, task: string): Promise<string> => {
    began.push(task);
    return new Promise((done, fail) => open.set(task, { done: () => done(`${task} by ${worker}`), fail }));
  };
  const world: World = {
    clock,
    system,
    began,
    answers,
    finish: async (task, error) => {
      const entry = open.get(task)!;
      if (error === undefined) entry.done('');
      else entry.fail(error);
      await settle();
    },
    submit: (pool, task, { budgetMs = 60_000, key = '' } = {}) => {
      const replyTo = spawnStateless<PoolReply<string>>(system.root, (reply, ctx) => {
        answers.push(reply.type === 'done' ? reply.value : `${task} ${reply.error.code}`);
        ctx.stop();
      });
      pool.tell({ type: 'submit', task, budgetMs, key, replyTo });
    },
    info: (pool) =>
      query<PoolMessage<string, string>, PoolInfo>(pool, (replyTo) => ({ type: 'info', replyTo }), {
        timeoutMs: 1_000,
      }),
    options: (more = {}) => ({ size: 2, makeWorker: (index) => index, run, ...more }),
  };
  try {
    await body(world);
  } finally {
    const stopped = system.stop();
    await advance(clock, 20_000);
    await stopped;
  }
}

test('runs at most `size` tasks at once and queues the rest in order', () =>
  inWorld(async ({ system, began, answers, finish, submit, info, options }) => {
    const pool = spawnPool(system.root, 'pool', options());
    for (const task of ['a', 'b', 'c', 'd']) submit(pool, task);
    await settle();
    assert.equal(began, ['a', 'b']);
    assert.equal(await info(pool), { size: 2, busyCount: 2, readyCount: 2, queuedCount: 2, restartCount: 0 });
    await finish('b');
    assert.equal(began, ['a', 'b', 'c']);
    await finish('a');
    await finish('c');
    await finish('d');
    assert.equal(answers, ['b by 1', 'a by 0', 'c by 1', 'd by 0']);
  }));

test('a full queue refuses with overloaded and a time to come back', () =>
  inWorld(async ({ system, answers, submit, options }) => {
    const pool = spawnPool(system.root, 'pool', options({ size: 1, queueCapacity: 2 }));
    await settle();
    for (const task of ['a', 'b', 'c', 'd']) submit(pool, task);
    await settle();
    assert.equal(answers, ['d overloaded']);
    const reply = await query<PoolMessage<string, string>, PoolReply<string>>(
      pool,
      (replyTo) => ({ type: 'submit', task: 'e', budgetMs: 1_000, replyTo }),
      { timeoutMs: 1_000 },
    );
    assert.ok(reply.type === 'failed' && reply.error.retryable && reply.error.details.retryAfterMs! > 0);
  }));

test('work whose time ran out in the queue is dropped unstarted', () =>
  inWorld(async ({ clock, system, began, answers, finish, submit, options }) => {
    const pool = spawnPool(system.root, 'pool', options({ size: 1, queueCapacity: 2 }));
    await settle();
    submit(pool, 'a');
    submit(pool, 'short', { budgetMs: 50 });
    submit(pool, 'long', { budgetMs: 500 });
    submit(pool, 'none', { budgetMs: 0 });
    await advance(clock, 100);
    assert.equal(answers, ['none deadline_exceeded']);
    submit(pool, 'fits');
    await settle();
    assert.equal(answers, ['none deadline_exceeded', 'short deadline_exceeded'], 'expired work makes room');
    await advance(clock, 500);
    await finish('a');
    assert.equal(began, ['a', 'fits']);
    assert.equal(answers.slice(2), ['a by 0', 'long deadline_exceeded']);
  }));

test('a task gets what is left of its budget', () =>
  inWorld(async ({ clock, system, submit, options }) => {
    const budgets: Budget[] = [];
    const run = (_worker: number, _task: string, budget: Budget): Promise<string> => {
      budgets.push(budget);
      return new Promise(() => undefined);
    };
    const pool = spawnPool(system.root, 'pool', options({ size: 1, run }));
    submit(pool, 'a', { budgetMs: 300 });
    await advance(clock, 100);
    assert.is(budgets[0]?.remainingMs(), 200);
    assert.not(budgets[0]!.signal.aborted);
    await advance(clock, 200);
    assert.ok(budgets[0]!.signal.aborted);
  }));

test('a WitanError is the task’s answer and no crash', () =>
  inWorld(async ({ system, answers, finish, submit, info, options }) => {
    const pool = spawnPool(system.root, 'pool', options());
    submit(pool, 'a');
    await settle();
    await finish('a', new WitanError('too_large', 'too large'));
    assert.equal(answers, ['a too_large']);
    assert.is((await info(pool)).restartCount, 0);
  }));

test('a crashed worker fails its own task, is restarted, and loses nothing that waits', () =>
  inWorld(async ({ clock, system, began, answers, finish, submit, info, options }) => {
    const made: number[] = [];
    const freed: number[] = [];
    let serial = 0;
    const pool = spawnPool(
      system.root,
      'pool',
      options({
        size: 1,
        makeWorker: () => (made.push(serial), serial++),
        freeWorker: (worker) => void freed.push(worker),
      }),
    );
    await settle();
    for (const task of ['a', 'b', 'c']) submit(pool, task);
    await settle();
    await finish('a', new Error('segfault'));
    assert.equal(answers, ['a crashed']);
    assert.equal(began, ['a'], 'nothing is given to a worker that is down');
    await advance(clock, 100);
    assert.equal(began, ['a', 'b']);
    await finish('b');
    await finish('c');
    assert.equal(answers, ['a crashed', 'b by 1', 'c by 1']);
    assert.equal([made, freed], [[0, 1], [0]]);
    assert.is((await info(pool)).restartCount, 1);
  }));

test('one worker’s crash does not touch the others', () =>
  inWorld(async ({ system, answers, finish, submit, options }) => {
    const pool = spawnPool(system.root, 'pool', options());
    submit(pool, 'a');
    submit(pool, 'b');
    await settle();
    await finish('a', new Error('segfault'));
    await finish('b');
    submit(pool, 'c');
    await settle();
    await finish('c');
    assert.equal(answers, ['a crashed', 'b by 1', 'c by 1']);
  }));

test('a worker that cannot be made is tried again; too often, and the pool is restarted', () =>
  inWorld(async ({ clock, system, answers, finish, submit, options }) => {
    let failures = 3;
    const makeWorker = (index: number): number => {
      if (failures-- > 0) throw new Error('no device');
      return index;
    };
    const intensity = { maxRestarts: 2, withinMs: 60_000 };
    const child = poolChild({ id: 'pool', ...options({ size: 1, makeWorker, intensity }) });
    spawnSupervisor(system.root, 'inference', {
      children: [{ ...child, intensity: { maxRestarts: 5, withinMs: 60_000 } }],
    });
    await settle();
    const pool = system.find('/inference/pool') as Pool;
    submit(pool, 'lost');
    await advance(clock, 2_000);
    assert.equal(answers, ['lost crashed']);
    submit(system.find('/inference/pool') as Pool, 'a');
    await settle();
    await finish('a');
    assert.equal(answers, ['lost crashed', 'a by 0']);
  }));

test('keys take turns in the queue', () =>
  inWorld(async ({ system, began, finish, submit, options }) => {
    const pool = spawnPool(system.root, 'pool', options({ size: 1 }));
    await settle();
    submit(pool, 'first', { key: 'big' });
    for (const task of ['b1', 'b2', 'b3']) submit(pool, task, { key: 'big' });
    submit(pool, 's1', { key: 'small' });
    await settle();
    for (let n = 0; n < 5; n++) await finish(began.at(-1)!);
    assert.equal(began, ['first', 'b1', 's1', 'b2', 'b3']);
  }));

test('stopping the pool answers what waits and frees the workers', () =>
  inWorld(async ({ clock, system, answers, submit, options }) => {
    const freed: number[] = [];
    const pool = spawnPool(
      system.root,
      'pool',
      options({ size: 1, freeWorker: (worker) => void freed.push(worker) }),
    );
    submit(pool, 'a');
    submit(pool, 'b');
    await settle();
    const stopped = system.stopActor('/pool');
    await advance(clock, 5_000);
    await stopped;
    assert.equal(answers.sort(), ['a stopped', 'b stopped']);
    assert.equal(freed, [0]);
  }));

test('the fair queue is bounded, in order per key, and forgets what is swept', () => {
  const queue = new FairQueue<number>(4);
  for (const [key, item] of [
    ['a', 1],
    ['a', 2],
    ['b', 3],
    ['a', 4],
  ] as const)
    assert.ok(queue.push(key, item));
  assert.not(queue.push('c', 5));
  assert.equal(
    queue.sweep((item) => item === 2),
    [2],
  );
  assert.is(queue.size, 3);
  assert.equal([queue.shift(), queue.shift(), queue.shift(), queue.shift()], [1, 3, 4, undefined]);
  assert.is(queue.size, 0);
});
