/** Limits over several nodes: in memory by property, on a real Redis that dies and comes back under load. */
import fc from 'fast-check';
import { SharedLimiter } from '../../agents/platform/gate/limits/shared-limiter.ts';
import { SimClock, SystemClock } from '../../runtime/kernel/index.ts';
import { MemorySharedCounter } from '../../runtime/store/memory/memory-shared-counter.ts';
import { RedisSharedCounter } from '../../runtime/store/redis/redis-shared-counter.ts';
import { sharedCounterConformance } from '../conformance/shared-counter.ts';
import { assert, suite } from '../harness.ts';
import { REDIS_MISSING, startRedis } from '../redis-server.ts';
import type { RedisServer } from '../redis-server.ts';
import { advance } from '../sim-time.ts';

sharedCounterConformance('memory', async () => {
  const clock = new SimClock();
  const port = new MemorySharedCounter(clock);
  return { port, pass: (ms: number) => advance(clock, ms), end: () => port.close() };
});

const test = suite('shared limits', { limitMs: 60_000 });
const RULE = { limit: 100, windowMs: 1_000 };

test('over all nodes no window takes more than its limit, and nearly all of it can be used', async () => {
  const step = fc.record({ node: fc.nat(2), count: fc.integer({ min: 1, max: 60 }), ms: fc.nat(400) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const clock = new SimClock();
      const counter = new MemorySharedCounter(clock);
      const windows: { startMs: number; admitted: number }[] = [];
      const nodes = Array.from({ length: 3 }, () => new SharedLimiter({ counter, clock, maxCount: 100 }));
      for (const { node, count, ms } of steps) {
        const answers = await Promise.all(Array.from({ length: count }, () => nodes[node]!.take('k', RULE)));
        const nowMs = clock.monotonicMs();
        const last = windows.at(-1);
        if (!last || nowMs - last.startMs >= RULE.windowMs) windows.push({ startMs: nowMs, admitted: 0 });
        windows.at(-1)!.admitted += answers.filter((answer) => answer !== undefined).length;
        await advance(clock, ms);
      }
      for (const { admitted } of windows) assert.ok(admitted <= RULE.limit, `${admitted} in a window`);
    }),
    { numRuns: 200 },
  );
});

test('one node alone gets its whole limit', async () => {
  const clock = new SimClock();
  const limiter = new SharedLimiter({ counter: new MemorySharedCounter(clock), clock, maxCount: 10 });
  let admitted = 0;
  let later = 0;
  for (let at = 0; at < 150; at += 1) {
    const answer = limiter.take('k', RULE);
    if (answer instanceof Promise) later += 1;
    if ((await answer) !== undefined) admitted += 1;
    await Promise.resolve();
  }
  assert.is(admitted, 100);
  assert.ok(later <= 20, `${later} of 150 had to wait`);
});

test('permits that a node does not use go back to the others', async () => {
  const clock = new SimClock();
  const counter = new MemorySharedCounter(clock);
  const rule = { limit: 100, windowMs: 60_000 };
  const [idle, busy] = [0, 1].map(() => new SharedLimiter({ counter, clock, maxCount: 10 }));
  await idle!.take('k', rule);
  await advance(clock, 2_100);
  let admitted = 0;
  for (let at = 0; at < 150; at += 1) if ((await busy!.take('k', rule)) !== undefined) admitted += 1;
  assert.is(admitted, 99);
});

if (REDIS_MISSING !== undefined) {
  test.skip('limits on Redis', REDIS_MISSING);
} else {
  let redis: RedisServer;
  const counters: RedisSharedCounter[] = [];
  const open = async (): Promise<RedisSharedCounter> => {
    const counter = new RedisSharedCounter({ url: redis.url, timeoutMs: 2_000 });
    counters.push(counter);
    await connected(counter);
    return counter;
  };

  test.before(async () => void (redis = await startRedis()));
  test.after(async () => {
    for (const counter of counters) await counter.close();
    await redis.end();
  });

  sharedCounterConformance('redis', async () => {
    const server = await startRedis();
    const port = new RedisSharedCounter({ url: server.url, timeoutMs: 2_000 });
    await connected(port);
    // A server keeps its own time.
    const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const end = async (): Promise<void> => {
      await port.close();
      await server.end();
    };
    return { port, pass, end };
  });

  test('two nodes share one limit on Redis', async () => {
    const clock = new SystemClock();
    const nodes = await Promise.all([open(), open()]);
    const limiters = nodes.map((counter) => new SharedLimiter({ counter, clock, maxCount: 100 }));
    const rule = { limit: 100, windowMs: 60_000 };
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, at) => limiters[at % 2]!.take('two', rule)),
    );
    const admitted = answers.filter((answer) => answer !== undefined).length;
    assert.ok(admitted <= 100 && admitted >= 80, `${admitted} admitted`);
  });

  test('no request fails because Redis dies and comes back under load; limits hold on each node', async () => {
    const clock = new SystemClock();
    const limiter = new SharedLimiter({ counter: await open(), clock, maxCount: 10_000 });
    const rule = { limit: 5, windowMs: 600_000 };
    let failed = 0;
    let isOver = false;
    const admitted = new Map<string, number>();
    const load = async (worker: number): Promise<void> => {
      for (let at = 0; !isOver; at += 1) {
        const key = `die/${worker}/${at >> 3}`;
        try {
          const answer = await limiter.take(key, rule);
          if (answer) admitted.set(key, (admitted.get(key) ?? 0) + 1);
        } catch {
          failed += 1;
        }
        if (at % 8 === 7) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const loads = Array.from({ length: 4 }, (_, worker) => load(worker));
    const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
    await turn();
    await redis.kill();
    await turn();
    await redis.restart();
    await turn();
    isOver = true;
    await Promise.all(loads);
    assert.is(failed, 0);
    assert.ok(admitted.size > 100);
    // The lot of a window that died with the server and the node's own window at most.
    for (const [key, count] of admitted) assert.ok(count <= rule.limit * 2, `${key}: ${count}`);
    const atLimit = [...admitted.values()].filter((count) => count === rule.limit).length;
    assert.ok(atLimit / admitted.size > 0.98, `${atLimit} of ${admitted.size} got exactly their limit`);
  });
}

async function connected(counter: RedisSharedCounter): Promise<void> {
  for (;;) {
    try {
      await counter.take('ping', { count: 1, limit: 1_000_000, windowMs: 1_000 });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
