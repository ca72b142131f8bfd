import fc from 'fast-check';
import type { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import { Simulation, query, spawn, spawnStateless, start } from '../index.ts';
import type { ActorContext, ActorOptions, ActorRef, ActorSystem } from '../index.ts';
import { Ring } from './ring.ts';

const test = suite('mailbox');

/** The error that a promise ends with. */
const failureOf = (promise: Promise<unknown>): Promise<WitanError> =>
  promise.then(
    () => assert.unreachable('no failure') as never,
    (error: WitanError) => error,
  );

interface Rig {
  sim: Simulation;
  system: ActorSystem;
  seen: unknown[];
  /** Actor that notes what it handles. */
  noting: (options?: ActorOptions<undefined, unknown>, name?: string) => ActorRef<unknown>;
}

function rig(): Rig {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler, random: sim.random });
  const seen: unknown[] = [];
  const note = (message: unknown): void => void seen.push(message);
  return { sim, system, seen, noting: (options, name = 'a') => spawnStateless(system, note, name, options) };
}

test('a ring is a queue, whatever is pushed, shifted and put in front', () => {
  const steps = fc.array(fc.constantFrom('push', 'shift', 'unshift', 'settle'), { maxLength: 600 });
  fc.assert(
    fc.property(steps, (commands) => {
      const ring = new Ring();
      const model: number[] = [];
      commands.forEach((command, number) => {
        if (command === 'push') {
          if (ring.size >= ring.limit) ring.grow(Infinity);
          ring.push(number, `o${number}`);
          model.push(number);
        } else if (command === 'unshift') {
          ring.unshift(number, `o${number}`);
          model.unshift(number);
        } else if (command === 'settle') {
          ring.settle();
        } else if (model.length > 0) {
          assert.is(ring.headOrigin(), `o${model[0]}`);
          assert.is(ring.shift(), model.shift());
        }
        assert.is(ring.size, model.length);
      });
      assert.equal(
        model.map((_, index) => ring.messageAt(index)),
        model,
      );
    }),
  );
});

test('a ring grows only as far as its capacity and gives memory back after bursts', () => {
  const ring = new Ring();
  assert.ok(ring.grow(10));
  while (ring.size < ring.limit || ring.grow(10)) ring.push(1, undefined);
  assert.is(ring.size, 10);
  const large = new Ring();
  for (let count = 0; count < 4_096; count += 1) {
    if (large.size >= large.limit) large.grow(Infinity);
    large.push(count, undefined);
  }
  while (large.size > 0) large.shift();
  for (let round = 0; round < 20; round += 1) large.settle();
  assert.ok(large.slots.length <= 2_048, `${large.slots.length} slots are kept`);
});

test('reject: what does not fit is a dead letter, an ask fails at once, nothing is thrown', async () => {
  const { sim, system, seen, noting } = rig();
  const actor = noting({ mailbox: { capacity: 4 } });
  for (let number = 0; number < 6; number += 1) actor.tell(number);
  const failed = await failureOf(query(actor, () => 'ask', { timeoutMs: 10_000 }));
  assert.is(failed.code, 'mailbox_full');
  await sim.runUntilIdle();
  assert.equal(seen, [0, 1, 2, 3]);
  assert.equal(
    system.deadLetters().map((letter) => letter.reason),
    Array(3).fill('mailbox-full'),
  );
  actor.tell('later');
  await sim.runUntilIdle();
  assert.is(seen.length, 5);
});

test('drop-oldest: the oldest goes, an ask among them fails', async () => {
  const { sim, system, seen, noting } = rig();
  const actor = noting({ mailbox: { capacity: 3, overflow: 'drop-oldest' } });
  const ask = failureOf(query(actor, () => 'ask', { timeoutMs: 10_000 }));
  for (let number = 0; number < 5; number += 1) actor.tell(number);
  assert.is((await ask).code, 'mailbox_full');
  await sim.runUntilIdle();
  assert.equal(seen, [2, 3, 4]);
  assert.equal(system.deadLetterTotals(), { 'dropped-oldest': 3 });
});

test('backpressure: order is kept, nothing is lost, the sending actor waits', async () => {
  const { sim, system, seen } = rig();
  const slow = spawn(
    system,
    async (_: undefined, message: unknown) => {
      await new Promise<void>((done) => sim.clock.setTimer(1, done));
      seen.push(message);
      return undefined;
    },
    'slow',
    { mailbox: { capacity: 2, overflow: 'backpressure' } },
  );
  let turns = 0;
  const sender = spawnStateless(
    system,
    (message: number) => {
      turns += 1;
      for (let part = 0; part < 4; part += 1) slow.tell(`${message}.${part}`);
    },
    'sender',
  );
  sender.tell(1);
  sender.tell(2);
  await sim.runUntilIdle();
  assert.is(turns, 1);
  assert.is(system.inspect('/sender')[0]!.lifecycle, 'suspended');
  await sim.advance(100);
  assert.is(turns, 2);
  assert.equal(seen, ['1.0', '1.1', '1.2', '1.3', '2.0', '2.1', '2.2', '2.3']);
  assert.is(system.deadLetters().length, 0);
});

test('backpressure bounds what comes from outside', async () => {
  const { sim, system, seen, noting } = rig();
  const actor = noting({ mailbox: { capacity: 2, overflow: 'backpressure' } });
  for (let number = 0; number < 30; number += 1) actor.tell(number);
  assert.is(system.deadLetterTotals()['mailbox-full'], 30 - 2 - 16);
  await sim.runUntilIdle();
  assert.equal(
    seen,
    Array.from({ length: 18 }, (_, index) => index),
  );
});

test('lanes: more urgent first, in order within a lane; a priority that throws is least urgent', async () => {
  const { sim, seen, noting } = rig();
  const priority = (message: unknown): number => {
    if (message === 'bad') throw new Error('priority');
    return Number(String(message)[0]);
  };
  const actor = noting({ mailbox: { capacity: 10, priority, lanes: 3 } });
  for (const message of ['bad', '2a', '1a', '0a', '9', '0b', 'none']) actor.tell(message);
  await sim.runUntilIdle();
  assert.equal(seen, ['0a', '0b', '1a', 'bad', '2a', '9', 'none']);
});

test('reserved slots stay free for what may use them', async () => {
  const { sim, system, seen, noting } = rig();
  const isReserved = (message: unknown): boolean => message === 'ballot';
  const actor = noting({ mailbox: { capacity: 4, reserved: 2, isReserved } });
  for (const message of [1, 2, 3, 'ballot', 'ballot', 'ballot']) actor.tell(message);
  await sim.runUntilIdle();
  assert.equal(seen, [1, 2, 'ballot', 'ballot']);
  assert.is(system.deadLetterTotals()['mailbox-full'], 2);
});

test('mailbox options that contradict each other are refused', () => {
  const { noting } = rig();
  const lanes = { lanes: 0, priority: () => 0 };
  const wrong = [{ capacity: 0 }, { capacity: 2, reserved: 2 }, lanes, { capacity: 1.5 }];
  for (const mailbox of wrong) {
    assert.throws(
      () => noting({ mailbox }),
      (error: { code?: string }) => error.code === 'invalid_argument',
    );
  }
});

test('stash: put aside, then handled before what came later, senders kept; bounded', async () => {
  const { sim, system } = rig();
  const seen: string[] = [];
  let open = false;
  const actor = spawn(
    system,
    (_: undefined, message: string, ctx: ActorContext<string>) => {
      if (message === 'open') {
        open = true;
        ctx.unstashAll();
      } else if (open) seen.push(`${message}<${ctx.sender?.name}`);
      else ctx.stash();
      return undefined;
    },
    'a',
    { mailbox: { capacity: 3 }, onCrash: () => 'resume' },
  );
  actor.tell('1', system.root);
  actor.tell('2');
  actor.tell('3');
  await sim.runUntilIdle();
  actor.tell('overflow');
  await sim.runUntilIdle();
  actor.tell('open');
  actor.tell('last');
  await sim.runUntilIdle();
  assert.equal(seen, ['1</', '2<undefined', '3<undefined', 'last<undefined']);
  assert.match(system.inspect('/a')[0]!.lastError!.message, 'stash');
});
