import type { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import {
  Simulation,
  dispatch,
  forward,
  query,
  queryAll,
  spawn,
  spawnStateless,
  start,
  stop,
} from '../index.ts';
import type { ActorContext, ActorRef } from '../index.ts';
import { microtasksDone } from '../system-clock.ts';

const test = suite('ask', { limitMs: 180_000 });

/** The error that a promise ends with. */
const failureOf = (promise: Promise<unknown>): Promise<WitanError> =>
  promise.then(
    () => assert.unreachable('no failure') as never,
    (error: WitanError) => error,
  );

interface Ask {
  readonly value: number;
  readonly replyTo: ActorRef<number>;
}

function simulated() {
  const sim = new Simulation(1);
  return { sim, system: start({ clock: sim.clock, scheduler: sim.scheduler }) };
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );

test('the first answer counts; a second one and a late one are dead letters', async () => {
  const { sim, system } = simulated();
  const held: ActorRef<number>[] = [];
  const actor = spawnStateless(system, ({ value, replyTo }: Ask) => {
    if (value < 0) held.push(replyTo);
    else {
      replyTo.tell(value + 1);
      replyTo.tell(value + 2);
    }
  });
  const ask = (value: number): Promise<number> =>
    query(actor, (replyTo: ActorRef<number>) => ({ value, replyTo }), { timeoutMs: 5 });
  assert.is(await sim.until(ask(1)), 2);
  const late = codeOf(ask(-1));
  await sim.advance(4);
  assert.is(system.deadLetterTotals()['late-reply'], 1);
  await sim.advance(2);
  assert.is(await late, 'deadline_exceeded');
  held[0]!.tell(3);
  assert.is(system.deadLetterTotals()['late-reply'], 2);
});

test('an ask ends at its deadline, not before and at most one tick after', async () => {
  const { sim, system } = simulated();
  const silent = spawnStateless(system, () => {});
  for (const timeoutMs of [1, 7, 1_000, 1_023, 1_024, 1_025, 5_000, 70_000, 1_100_000]) {
    const startMs = sim.clock.monotonicMs();
    let endMs = -1;
    const end = (): void => void (endMs = sim.clock.monotonicMs());
    query(silent, () => 'x', { timeoutMs }).then(end, end);
    await sim.advance(timeoutMs - 0.5);
    assert.is(endMs, -1, `${timeoutMs} ended early`);
    await sim.advance(2);
    const tookMs = endMs - startMs;
    assert.ok(tookMs >= timeoutMs && tookMs <= timeoutMs + 1, `${timeoutMs}: ${tookMs}`);
  }
});

test('deadlines of many asks at once all hold', async () => {
  const { sim, system } = simulated();
  const silent = spawn(system, () => undefined, 'silent', { mailbox: { capacity: 10_000 } });
  const late: number[] = [];
  for (let index = 0; index < 3_000; index += 1) {
    const timeoutMs = 1 + ((index * 7_919) % 4_000);
    const startMs = sim.clock.monotonicMs();
    const note = (): void => void late.push(sim.clock.monotonicMs() - startMs - timeoutMs);
    query(silent, () => index, { timeoutMs }).catch(note);
    if (index % 100 === 0) await sim.advance(3);
  }
  await sim.advance(5_000);
  assert.is(late.length, 3_000);
  assert.ok(Math.min(...late) >= 0 && Math.max(...late) <= 1, `${Math.min(...late)} to ${Math.max(...late)}`);
});

test('an actor that is stopped or gone fails its asks at once', async () => {
  const { sim, system } = simulated();
  const silent = spawnStateless(system, () => {}, 'silent');
  const taken = failureOf(query(silent, () => 'taken', { timeoutMs: 1e6 }));
  await sim.runUntilIdle();
  const queued = failureOf(query(silent, () => 'queued', { timeoutMs: 1e6 }));
  void stop(silent);
  await sim.runUntilIdle();
  for (const error of [await taken, await queued]) {
    assert.is(error.code, 'stopped');
    assert.is(error.details.actor, '/silent');
  }
  assert.is(await codeOf(query(silent, () => 'gone', { timeoutMs: 1e6 })), 'stopped');
  const nobody = query(system.resolve('/nobody'), () => 'x', { timeoutMs: 1e6, via: system });
  assert.is(await codeOf(nobody), 'stopped');
  assert.is(system.deadLetterTotals()['no-such-actor'], 1);
});

test('a crash fails the ask in hand; a reset also those without an answer, not those that wait', async () => {
  const { sim, system } = simulated();
  const held: ActorRef<never>[] = [];
  const actor = spawnStateless(
    system,
    (message: string, ctx: ActorContext<string>) => {
      if (message === 'boom') throw new Error('broken');
      if (message === 'hold') held.push(ctx.sender!);
      else ctx.sender?.tell(message as never);
    },
    'a',
    { onCrash: (message) => (message === 'boom' ? 'reset' : 'resume') },
  );
  const ask = (message: string): Promise<unknown> => query(actor, () => message, { timeoutMs: 1e6 });
  const hold = failureOf(ask('hold'));
  const boom = failureOf(ask('boom'));
  const after = ask('after');
  assert.is(await sim.until(after), 'after');
  assert.is((await boom).code, 'crashed');
  assert.is((await boom).details.reason, 'broken');
  assert.is((await hold).code, 'crashed');
});

test('an actor that stops itself in the middle of a turn may still answer', async () => {
  const { sim, system } = simulated();
  const sync = spawnStateless(system, (_: string, ctx: ActorContext<string>) => {
    ctx.stop();
    ctx.sender?.tell('bye' as never);
  });
  const slow = spawnStateless(system, async (_: string, ctx: ActorContext<string>) => {
    ctx.stop();
    await null;
    ctx.sender?.tell('bye' as never);
  });
  for (const actor of [sync, slow]) {
    assert.is(await sim.until(query(actor, () => 'x', { timeoutMs: 100 })), 'bye');
    await sim.runUntilIdle();
    assert.is(system.find(actor.path), undefined);
  }
});

test('abort ends an ask, before and while it is open', async () => {
  const { sim, system } = simulated();
  const silent = spawnStateless(system, () => {});
  const abort = new AbortController();
  const open = codeOf(query(silent, () => 'x', { timeoutMs: 1e6, signal: abort.signal }));
  await sim.runUntilIdle();
  abort.abort();
  assert.is(await open, 'cancelled');
  assert.is(await codeOf(query(silent, () => 'x', { timeoutMs: 1e6, signal: abort.signal })), 'cancelled');
});

test('forward passes the debt: the first actor may stop, the second answers or fails', async () => {
  const { sim, system } = simulated();
  const worker = spawnStateless(
    system,
    (message: string, ctx: ActorContext<string>) => {
      if (message === 'die') throw new Error('worker');
      ctx.sender?.tell(`done ${message}` as never);
    },
    'worker',
  );
  const passOn = (message: string, ctx: ActorContext<string>): void => {
    forward(worker, message, ctx);
    ctx.stop();
  };
  const front = (): ActorRef<string> => spawnStateless(system, passOn);
  assert.is(await sim.until(query(front(), () => 'it', { timeoutMs: 100 })), 'done it');
  assert.is(await sim.until(codeOf(query(front(), () => 'die', { timeoutMs: 100 }))), 'crashed');
});

test('a message maker that throws rejects; a timeout that is none is refused', async () => {
  const { system } = simulated();
  const actor = spawnStateless(system, () => {});
  const thrown = query(
    actor,
    () => {
      throw new Error('maker');
    },
    { timeoutMs: 5 },
  );
  assert.is(await codeOf(thrown), 'internal');
  assert.is(await codeOf(query(actor, () => 'x', { timeoutMs: Number.NaN })), 'invalid_argument');
  assert.is(await codeOf(query(actor, () => 'x', { timeoutMs: 0 })), 'deadline_exceeded');
});

test('1,000,000 asks in flight: none wrong, none hung', async () => {
  const system = start();
  const waiting: Ask[] = [];
  const actor = spawn(
    system,
    (_: undefined, message: Ask | 'answer') => {
      if (message !== 'answer') waiting.push(message);
      else for (const { value, replyTo } of waiting) replyTo.tell(value * 3);
      return undefined;
    },
    'a',
    { mailbox: { capacity: 2_000_000 } },
  );
  let [right, wrong] = [0, 0];
  const check = (value: number) => (answer: number) => (answer === value * 3 ? (right += 1) : (wrong += 1));
  const count = 1_000_000;
  const fail = (): void => void (wrong += 1);
  for (let value = 0; value < count; value += 1) {
    const make = (replyTo: ActorRef<number>): Ask => ({ value, replyTo });
    query(actor, make, { timeoutMs: 50_000 }).then(check(value), fail);
  }
  while (waiting.length < count) await microtasksDone();
  dispatch(actor, 'answer');
  while (right + wrong < count) await microtasksDone();
  assert.is(right, count);
  await system.stop();
});

test('queryAll: a result per actor, whatever becomes of others; late answers are dead letters', async () => {
  const { sim, system } = simulated();
  const held: ActorRef<number>[] = [];
  const make = (name: string): ActorRef<Ask> =>
    spawnStateless(
      system,
      ({ value, replyTo }: Ask) => {
        if (name === 'crash') throw new Error('broken');
        if (name === 'silent') held.push(replyTo);
        else replyTo.tell(value * 2);
      },
      name,
    );
  const refs = ['one', 'crash', 'silent', 'two', 'gone'].map(make);
  await sim.until(stop(refs[4]!));
  const abort = new AbortController();
  const all = queryAll<Ask, number>(refs, (replyTo, value) => ({ value, replyTo }), {
    timeoutMs: 50,
    signal: abort.signal,
  });
  const results = await sim.until(all);
  const shown = results.map((result) => (result.status === 'answered' ? result.value : result.error.code));
  assert.equal(shown, [0, 'crashed', 'deadline_exceeded', 6, 'stopped']);
  assert.ok(sim.clock.monotonicMs() <= 51);
  held[0]!.tell(1);
  assert.is(system.deadLetterTotals()['late-reply'], 1);
  assert.equal(await queryAll([], () => 'x', { timeoutMs: 1 }), []);
  const aborted = queryAll<Ask, number>([refs[2]!], (replyTo) => ({ value: 0, replyTo }), {
    timeoutMs: 50,
    signal: AbortSignal.abort(),
  });
  const [only] = await aborted;
  assert.is(only!.status === 'failed' && only!.error.code, 'cancelled');
});
