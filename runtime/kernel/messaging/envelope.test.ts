import { assert, suite } from '../../../test/harness.ts';
import { Simulation, follow, query, spawnStateless, start, tellWith } from '../index.ts';
import type { ActorContext, ActorRef, AnyRef, Envelope } from '../index.ts';
import { createBudget } from '../budget.ts';

const test = suite('envelope');

function simulated() {
  const sim = new Simulation(1);
  return { sim, system: start({ clock: sim.clock, scheduler: sim.scheduler, node: 'n1' }) };
}

interface Seen {
  message: unknown;
  sender: string | undefined;
  hasBudget: boolean;
  envelope: Partial<Envelope>;
}

test('a handler sees the same whether or not the envelope was made', async () => {
  const { sim, system } = simulated();
  const seen: Seen[] = [];
  const note = spawnStateless(
    system,
    (message: { type: string }, ctx: ActorContext<{ type: string }>) => {
      const { messageId, correlationId, ...envelope } = ctx.envelope;
      assert.is(messageId, correlationId);
      seen.push({ message, sender: ctx.sender?.path, hasBudget: ctx.budget !== undefined, envelope });
    },
    'note',
  );
  const sender = spawnStateless(system, () => {}, 'sender');
  const message = { type: 'hello' };
  note.tell(message, sender as AnyRef);
  tellWith(note, message, { sender: sender as AnyRef });
  note.tell(message, sender as AnyRef);
  await sim.runUntilIdle();
  assert.is(seen.length, 3);
  assert.equal(seen[0], seen[1]);
  assert.equal(seen[0], seen[2]);
  assert.equal(seen[0]!.envelope, {
    type: 'hello',
    schemaVersion: 1,
    sender: '/sender',
    recipient: '/note',
    causationId: undefined,
    remainingMs: undefined,
    priority: 1,
    traceparent: undefined,
    tenant: undefined,
    generation: undefined,
  });
});

test('ids differ per message and stay the same while one is handled', async () => {
  const { sim, system } = simulated();
  const ids: string[] = [];
  const actor = spawnStateless(system, async (_: string, ctx: ActorContext<string>) => {
    ids.push(ctx.envelope.messageId);
    await null;
    ids.push(ctx.envelope.messageId);
  });
  actor.tell('a');
  actor.tell('b');
  tellWith(actor, 'c', { messageId: 'given' });
  await sim.runUntilIdle();
  assert.equal([ids[0], ids[2], ids[4]], [ids[1], ids[3], ids[5]]);
  assert.is(new Set(ids).size, 3);
  assert.is(ids[4], 'given');
});

test('follow keeps the conversation, budget and tenant, and names the cause', async () => {
  const { sim, system } = simulated();
  const seen: Envelope[] = [];
  const note = (_: string, ctx: ActorContext<string>): void => void seen.push(ctx.envelope);
  const second = spawnStateless(system, note, 'second');
  const first = spawnStateless(
    system,
    (message: string, ctx: ActorContext<string>) => {
      seen.push(ctx.envelope);
      tellWith(second, message, follow(ctx as ActorContext<never>));
    },
    'first',
  );
  const budget = createBudget(sim.clock, 100);
  tellWith(first, 'x', {
    messageId: 'm1',
    tenant: 't',
    traceparent: '00-1',
    priority: 0,
    budget,
    generation: 7,
  });
  await sim.runUntilIdle();
  const [one, two] = seen as [Envelope, Envelope];
  assert.equal([two.correlationId, two.causationId, two.tenant, two.traceparent], ['m1', 'm1', 't', '00-1']);
  assert.equal([two.sender, two.priority, two.generation], ['/first', 0, 7]);
  assert.is(two.remainingMs, one.remainingMs);
  assert.is.not(two.messageId, one.messageId);
  budget.release();
});

test('expired work is not started: a dead letter, and its ask fails', async () => {
  const { sim, system } = simulated();
  const handled: unknown[] = [];
  const note = (message: unknown): void => void handled.push(message);
  const actor = spawnStateless(system, note, 'a');
  system.pause('/a');
  const budget = createBudget(sim.clock, 50);
  tellWith(actor, 'late', { budget });
  const options = { timeoutMs: 1_000, envelope: { budget } };
  const ask = query(actor, () => 'asked', options).catch((error) => error.code);
  actor.tell('plain');
  await sim.advance(60);
  system.resume('/a');
  assert.is(await sim.until(ask), 'deadline_exceeded');
  assert.equal(handled, ['plain']);
  assert.is(system.deadLetterTotals().expired, 2);
});

test('the stated priority chooses the lane', async () => {
  const { sim, system } = simulated();
  const handled: unknown[] = [];
  const actor = spawnStateless(system, (message: unknown) => void handled.push(message), 'a', {
    mailbox: { priority: () => 1, lanes: 2 },
  }) as ActorRef<unknown>;
  actor.tell('first');
  tellWith(actor, 'urgent', { priority: 0 });
  await sim.runUntilIdle();
  assert.equal(handled, ['urgent', 'first']);
});
