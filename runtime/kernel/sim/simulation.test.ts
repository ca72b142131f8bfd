import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { SeededRandom, SimClock, Simulation, query, spawnStateless, start } from '../index.ts';
import type { ActorContext, ActorRef } from '../index.ts';

const test = suite('simulation', { limitMs: 20_000 });

/**
 * Actors that pass numbers around, with timers and asynchronous handlers: the order depends on the seed
 * alone.
 */
async function trace(seed: number): Promise<string> {
  const sim = new Simulation(seed);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler, random: sim.random.fork() });
  const log: string[] = [];
  const actors: ActorRef<number>[] = Array.from({ length: 5 }, (_, index) =>
    spawnStateless(
      system,
      async (left: number, ctx: ActorContext<number>) => {
        log.push(`${index}:${left}@${sim.clock.monotonicMs()}`);
        if (left % 3 === 0) await new Promise<void>((done) => sim.clock.setTimer(left, done));
        if (left > 0) actors[Math.floor(ctx.system.random.next() * 5)]!.tell(left - 1);
        if (left % 4 === 0) ctx.setTimer('again', 7, 0);
      },
      `a${index}`,
    ),
  );
  for (const actor of actors) actor.tell(12);
  await sim.advance(500);
  await sim.until(system.stop());
  return log.join(' ');
}

test('the same seed gives the same run, another seed another one', async () => {
  const runs = await Promise.all([trace(1), trace(1), trace(2)]);
  assert.is(runs[0], runs[1]);
  assert.is.not(runs[0], runs[2]);
  assert.ok(runs[0]!.split(' ').length > 60);
});

test('the scheduler chooses the order of ready actors', async () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 30; seed += 1) {
    const sim = new Simulation(seed);
    const system = start({ clock: sim.clock, scheduler: sim.scheduler });
    const order: number[] = [];
    const actors = [0, 1, 2].map((index) => spawnStateless(system, () => void order.push(index)));
    for (const actor of actors) actor.tell('x');
    await sim.runUntilIdle();
    orders.add(order.join(''));
  }
  assert.is(orders.size, 6);
});

test('until lets time pass as far as needed and names its seed when nothing is left', async () => {
  const sim = new Simulation(77);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  const silent = spawnStateless(system, () => {});
  const ask = query(silent, () => 'x', { timeoutMs: 3_600_000 });
  const code = await sim.until(ask.catch((error) => error.code));
  assert.is(code, 'deadline_exceeded');
  const stuck = await sim.until(new Promise(() => {})).catch((error: Error) => error.message);
  assert.match(String(stuck), 'seed 77');
});

test('timers fire in order of time, then of their start; cancelled ones never', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 80 }), (timers) => {
      const clock = new SimClock();
      const fired: string[] = [];
      timers.forEach(([delayMs, cancelled], index) => {
        const timer = clock.setTimer(delayMs, () => void fired.push(`${clock.monotonicMs()}#${index}`));
        if (cancelled) timer.cancel();
      });
      clock.advance(50);
      const expected = timers
        .map(([delayMs, cancelled], index) => ({ delayMs, cancelled, index }))
        .filter(({ cancelled }) => !cancelled)
        .sort((left, right) => left.delayMs - right.delayMs || left.index - right.index)
        .map(({ delayMs, index }) => `${delayMs}#${index}`);
      assert.equal(fired, expected);
      assert.is(clock.pendingCount(), 0);
      assert.is(clock.monotonicMs(), 50);
    }),
  );
});

test('seeded numbers are uniform enough and within range', () => {
  const random = new SeededRandom(5);
  const counts = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 100_000; draw += 1) counts[random.below(10)]! += 1;
  assert.ok(Math.min(...counts) > 9_600 && Math.max(...counts) < 10_400, counts.join(' '));
  const [left, right] = [new SeededRandom(9).fork(), new SeededRandom(9).fork()];
  assert.is(left.uint32(), right.uint32());
});
