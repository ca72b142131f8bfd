import { askAgain } from '../../cluster/remote/ask-again.ts';
import { WitanError } from '../../contracts/errors.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import { forward, query, spawn, spawnStateless, stop } from '../../runtime/kernel/index.ts';
import type { ActorRef, AnyRef } from '../../runtime/kernel/index.ts';
import { assert, suite } from '../harness.ts';
import { Rig } from './remote/rig.ts';
import type { RigNode } from './remote/rig.ts';

const test = suite('asks between nodes');

interface Add {
  readonly add: number;
  readonly replyTo: ActorRef<number>;
}

function adder(node: RigNode, name = 'adder') {
  return spawn(
    node.system,
    (total: number, { add, replyTo }: Add) => {
      replyTo.tell(total + add);
      return total + add;
    },
    name,
    { initialState: 0 },
  );
}

async function pair(seed = 1) {
  const rig = new Rig(seed);
  const a = await rig.node('a');
  const b = await rig.node('b');
  const ask = <M, R>(
    path: string,
    make: (replyTo: ActorRef<R>) => M,
    options: Parameters<typeof query>[2] = { timeoutMs: 1_000 },
  ): Promise<R> => query<M, R>(a.remoting.ref<M>('b', path), make, { ...options, via: a.system });
  return { rig, a, b, ask };
}

async function failure(promise: Promise<unknown>): Promise<WitanError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, WitanError);
  return error as WitanError;
}

test('an answer comes back, by the address in the message and by the sender', async () => {
  const { rig, a, b, ask } = await pair();
  adder(b);
  spawnStateless(
    b.system,
    (_: string, ctx) => void (ctx.sender as AnyRef as ActorRef)?.tell('seen'),
    'mirror',
  );
  const answers = await rig.sim.until(
    Promise.all([
      ask<Add, number>('/adder', (replyTo) => ({ add: 1, replyTo })),
      ask<Add, number>('/adder', (replyTo) => ({ add: 2, replyTo })),
      ask<string, string>('/mirror', () => 'hello'),
    ]),
  );
  assert.equal(answers, [1, 3, 'seen']);
  assert.is(a.remoting.openAskCount, 0);
  assert.is(a.bus.count, 1, 'three asks of one drain are one publish');
});

test('every failure of the other side comes back with its code and details', async () => {
  const { rig, b, ask } = await pair();
  spawnStateless(
    b.system,
    () => {
      throw new WitanError('storage_failed', 'disk');
    },
    'broken',
  );
  const full = spawnStateless(b.system, () => new Promise<void>(() => {}), 'full', {
    mailbox: { capacity: 1 },
  });
  full.tell(1);
  await rig.settle();
  full.tell(2);
  const silent = spawnStateless(b.system, () => {}, 'silent');
  const nobody = await failure(rig.sim.until(ask('/nobody', () => 1)));
  assert.is(nobody.code, 'stopped');
  assert.equal(nobody.details, { actor: '/nobody', reason: 'never-existed' });
  const crashed = await failure(rig.sim.until(ask('/broken', () => 1)));
  assert.is(crashed.code, 'crashed');
  assert.equal(crashed.details, { actor: '/broken', reason: 'storage_failed' });
  const refused = await failure(rig.sim.until(ask('/full', () => 3)));
  assert.is(refused.code, 'mailbox_full');
  assert.ok(refused.retryable);
  const open = ask('/silent', () => 1);
  await rig.settle();
  void stop(silent as AnyRef);
  const stopped = await failure(rig.sim.until(open));
  assert.is(stopped.code, 'stopped');
  assert.equal(stopped.details, { actor: '/silent', reason: 'stopped' });
  const late = await failure(rig.sim.until(ask('/silent', () => 1)));
  assert.equal(late.details, { actor: '/silent', reason: 'stopped' });
});

test('the deadline is one total, and what is left of it goes along', async () => {
  const { rig, a, b, ask } = await pair();
  const seen: (number | undefined)[] = [];
  spawnStateless(b.system, (_: number, ctx) => void seen.push(ctx.budget?.remainingMs()), 'slow');
  const budget = createBudget(a.system.clock, 800);
  await rig.sim.advance(300);
  const open = ask('/slow', () => 1, { timeoutMs: 400, envelope: { budget } });
  const error = await failure(rig.sim.until(open));
  assert.is(error.code, 'deadline_exceeded');
  assert.equal(seen, [500]);
  assert.is(a.remoting.openAskCount, 0);
  await rig.sim.advance(1_000);
  const spent = await failure(rig.sim.until(ask('/slow', () => 2, { timeoutMs: 400, envelope: { budget } })));
  assert.is(spent.code, 'deadline_exceeded');
  assert.is(seen.length, 1, 'expired work does not leave the node');
  assert.is(a.system.deadLetterTotals().expired, 1);
});

test('an abort reaches the work at the other side', async () => {
  const { rig, a, b, ask } = await pair();
  const aborted: unknown[] = [];
  spawnStateless(
    b.system,
    (_: number, ctx) => void ctx.budget?.onEnd((reason) => aborted.push((reason as WitanError).code)),
    'worker',
  );
  const controller = new AbortController();
  const budget = createBudget(a.system.clock, 5_000);
  const open = ask('/worker', () => 1, { timeoutMs: 4_000, signal: controller.signal, envelope: { budget } });
  await rig.settle();
  controller.abort('changed my mind');
  const error = await failure(rig.sim.until(open));
  assert.is(error.code, 'cancelled');
  await rig.settle();
  assert.equal(aborted, ['cancelled']);
  // A budget that is cancelled ends the work, and the ask still waits for what the worker makes of it.
  const outer = new AbortController();
  const cut = createBudget(a.system.clock, 5_000, outer.signal);
  const waiting = ask('/worker', () => 2, { timeoutMs: 100, envelope: { budget: cut } });
  await rig.settle();
  outer.abort(new Error('stop'));
  await rig.settle();
  assert.is(aborted.length, 2);
  assert.is((await failure(rig.sim.until(waiting))).code, 'deadline_exceeded');
});

test('answers after the end are dead letters at the asker', async () => {
  const { rig, a, b, ask } = await pair();
  const replies: ActorRef<string>[] = [];
  spawnStateless(
    b.system,
    (message: { replyTo: ActorRef<string> }) => void replies.push(message.replyTo),
    'hold',
  );
  const open = ask<{ replyTo: ActorRef<string> }, string>('/hold', (replyTo) => ({ replyTo }));
  await rig.settle();
  replies[0]!.tell('first');
  replies[0]!.tell('second');
  assert.is(await rig.sim.until(open), 'first');
  assert.is(b.system.deadLetterTotals()['late-reply'], 1);
  // An address that was only lent in a message is late at the asker itself.
  const other = ask<{ replyTo: ActorRef<string> }, string>('/hold', (replyTo) => ({ replyTo }), {
    timeoutMs: 50,
  });
  const lost = failure(rig.sim.until(other));
  await lost;
  b.bus.decide = () => 'pass';
  replies[1]!.tell('too late');
  await rig.settle();
  assert.ok(
    (b.system.deadLetterTotals()['late-reply'] ?? 0) + (a.system.deadLetterTotals()['late-reply'] ?? 0) >= 2,
  );
});

test('an ask can be passed on, and its answer takes the way back', async () => {
  const { rig, b, ask } = await pair();
  const c = await rig.node('c');
  adder(c);
  const target = b.remoting.ref<Add>('c', '/adder');
  spawnStateless(b.system, (message: Add, ctx) => forward(target, message, ctx), 'relay');
  assert.is(await rig.sim.until(ask<Add, number>('/relay', (replyTo) => ({ add: 7, replyTo }))), 7);
  rig.world.gone('c', c.incarnation);
  const error = await failure(rig.sim.until(ask<Add, number>('/relay', (replyTo) => ({ add: 7, replyTo }))));
  assert.is(error.code, 'unavailable');
});

test('who passed an ask on to another node may stop', async () => {
  const { rig, b, ask } = await pair();
  const c = await rig.node('c');
  const held: ActorRef<string>[] = [];
  spawnStateless(
    c.system,
    (message: { replyTo: ActorRef<string> }) => void held.push(message.replyTo),
    'hold',
  );
  const target = b.remoting.ref<{ replyTo: ActorRef<string> }>('c', '/hold');
  spawnStateless(
    b.system,
    (message: { replyTo: ActorRef<string> }, ctx) => {
      forward(target, message, ctx);
      ctx.stop();
    },
    'relay',
  );
  const open = ask<{ replyTo: ActorRef<string> }, string>('/relay', (replyTo) => ({ replyTo }));
  await rig.settle();
  held[0]!.tell('still here');
  assert.is(await rig.sim.until(open), 'still here');
});

test('a node that is gone, or never was, fails asks at once, retryable', async () => {
  const { rig, a, b, ask } = await pair();
  spawnStateless(b.system, () => {}, 'silent');
  const open = ask('/silent', () => 1, { timeoutMs: 60_000 });
  await rig.settle();
  const before = rig.sim.clock.monotonicMs();
  rig.world.gone('b', b.incarnation);
  const error = await failure(rig.sim.until(open));
  assert.is(error.code, 'unavailable');
  assert.ok(error.retryable);
  assert.is(rig.sim.clock.monotonicMs(), before);
  const never = query(a.remoting.ref('z', '/x'), () => 1, { timeoutMs: 60_000, via: a.system });
  assert.is((await failure(rig.sim.until(never))).code, 'unavailable');
  assert.is(rig.sim.clock.monotonicMs(), before);
  assert.is(a.remoting.openAskCount, 0);
});

test('a new run of a node answers under the same ref', async () => {
  const { rig, a, b } = await pair();
  adder(b);
  const ref = a.remoting.ref<Add>('b', '/adder');
  const ask = () =>
    rig.sim.until(
      query<Add, number>(ref, (replyTo) => ({ add: 1, replyTo }), { timeoutMs: 500, via: a.system }),
    );
  assert.is(await ask(), 1);
  await b.remoting.close();
  rig.world.gone('b', b.incarnation);
  const again = await rig.node('b');
  adder(again);
  assert.is(await ask(), 1, 'the new run starts from nothing');
  assert.is(a.remoting.ref('b', '/adder'), ref);
});

test('close fails what is open with stopped, on both sides', async () => {
  const { rig, a, b, ask } = await pair();
  spawnStateless(b.system, () => {}, 'silent');
  const leaving = ask('/silent', () => 1, { timeoutMs: 60_000 });
  await rig.settle();
  await b.remoting.close();
  assert.is((await failure(rig.sim.until(leaving))).code, 'stopped');
  const own = ask('/silent', () => 1, { timeoutMs: 60_000 });
  await rig.settle();
  await a.remoting.close();
  await a.remoting.close();
  assert.is((await failure(rig.sim.until(own))).code, 'stopped');
  assert.is((await failure(rig.sim.until(ask('/silent', () => 1)))).code, 'stopped');
});

test('an ask is repeated only with an idempotency id', async () => {
  const { rig, a, b } = await pair();
  const ids: string[] = [];
  spawnStateless(
    b.system,
    (message: { replyTo: ActorRef<string> }, ctx) => {
      ids.push(ctx.envelope.messageId);
      message.replyTo.tell('done');
    },
    'worker',
  );
  const ref = a.remoting.ref<{ replyTo: ActorRef<string> }>('b', '/worker');
  const base = { system: a.system, remoting: a.remoting, timeoutMs: 2_000, attemptMs: 200 };
  const make = (replyTo: ActorRef<string>) => ({ replyTo });
  a.bus.decide = (_, count) => (count <= 2 ? 'drop' : 'pass');
  const answer = await rig.sim.until(askAgain(ref, make, { ...base, idempotencyId: 'pay-7' }));
  assert.is(answer, 'done');
  assert.equal(ids, ['pay-7']);
  const sent = a.bus.count;
  a.bus.decide = () => 'drop';
  const once = await failure(rig.sim.until(askAgain(ref, make, base)));
  assert.is(once.code, 'deadline_exceeded');
  await rig.settle();
  assert.is(a.bus.count, sent + 2, 'one ask, and one word that it is over');
  const total = rig.sim.clock.monotonicMs();
  await failure(rig.sim.until(askAgain(ref, make, { ...base, attemptMs: 1_500, idempotencyId: 'pay-8' })));
  assert.ok(rig.sim.clock.monotonicMs() - total <= 2_001, 'all attempts share one deadline');
});

test('a hung node is not asked when the caller wants no wait', async () => {
  const { rig, a, b } = await pair();
  adder(b);
  const ref = a.remoting.ref<Add>('b', '/adder');
  const make = (replyTo: ActorRef<number>) => ({ add: 1, replyTo });
  const base = { system: a.system, remoting: a.remoting, timeoutMs: 500 };
  rig.world.condition('b', b.incarnation, 'slow');
  assert.is(await rig.sim.until(askAgain(ref, make, { ...base, failFastWhen: 'silent' })), 1);
  const slow = await failure(rig.sim.until(askAgain(ref, make, { ...base, failFastWhen: 'slow' })));
  assert.equal([slow.code, slow.details['condition']], ['unavailable', 'slow']);
  rig.world.condition('b', b.incarnation, 'silent');
  const silent = await failure(rig.sim.until(askAgain(ref, make, { ...base, failFastWhen: 'silent' })));
  assert.is(silent.code, 'unavailable');
  assert.is(await rig.sim.until(askAgain(ref, make, base)), 2);
});

test('what cannot travel fails the ask with the place, in question and answer', async () => {
  const { rig, a, b, ask } = await pair();
  spawnStateless(b.system, (m: { replyTo: ActorRef<unknown> }) => m.replyTo.tell({ f: () => 1 }), 'odd');
  const question = await failure(
    rig.sim.until(ask('/odd', (replyTo) => ({ replyTo, bad: { deep: Symbol('x') } }))),
  );
  assert.equal([question.code, question.details.path], ['invalid_argument', 'bad.deep']);
  const answer = await failure(rig.sim.until(ask('/odd', (replyTo) => ({ replyTo }))));
  assert.equal([answer.code, answer.details.path], ['invalid_argument', 'f']);
  assert.is(b.system.deadLetterTotals().undeliverable, 1);
  const large = await failure(
    rig.sim.until(ask('/odd', (replyTo) => ({ replyTo, x: 'x'.repeat(1_000_001) }))),
  );
  assert.is(large.code, 'too_large');
  assert.is(a.remoting.openAskCount, 0);
});

test('open asks have a limit', async () => {
  const rig = new Rig();
  const a = await rig.node('a', { limits: { maxOpenAsks: 2 } });
  const b = await rig.node('b');
  spawnStateless(b.system, () => {}, 'silent');
  const ref = a.remoting.ref('b', '/silent');
  const asks = [1, 2, 3].map((n) => failure(query(ref, () => n, { timeoutMs: 100, via: a.system })));
  const codes = (await rig.sim.until(Promise.all(asks))).map(({ code }) => code);
  assert.equal(codes, ['deadline_exceeded', 'deadline_exceeded', 'overloaded']);
});
