import fc from 'fast-check';
import { WitanError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { DurableEnvelope } from '../../contracts/messages/cluster/durable.ts';
import { SeededRandom, SimClock } from '../../runtime/kernel/index.ts';
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';
import type { WorkQueuePort } from '../../runtime/kernel/ports/work-queue.ts';
import { MemoryJournal } from '../../runtime/store/memory/memory-journal.ts';
import { MemoryWorkQueue } from '../../runtime/store/memory/memory-work-queue.ts';
import { assert, suite } from '../../test/harness.ts';
import { advance, settle } from '../../test/sim-time.ts';
import { DurableInbox } from './durable-inbox.ts';
import type { DurableInboxOptions } from './durable-inbox.ts';
import { DurableSender } from './durable-sender.ts';
import { DurableTaker } from './durable-taker.ts';
import type { DurableTakerOptions } from './durable-taker.ts';
import { outcomeOf, REDELIVERY } from './redelivery.ts';

const test = suite('durable sends');
const QUEUE = 'test_notes';
const ACK_MS = 3_000;
const TERMS = { maxDeliveries: 4, firstMs: 100, maxMs: 400 };

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

/** A place with one queue, a journal, and claims whose fences can be cut. */
class Place {
  readonly clock = new SimClock();
  readonly random = new SeededRandom(7);
  readonly queue = new MemoryWorkQueue(this.clock);
  readonly journal = new MemoryJournal(this.clock);
  readonly troubles: string[] = [];
  private generation = 0;

  declare(capacity = 100): Promise<void> {
    return this.queue.declare(QUEUE, { ackWaitMs: ACK_MS, maxDeliveries: TERMS.maxDeliveries, capacity });
  }

  sender(options: Partial<ConstructorParameters<typeof DurableSender>[0]> = {}): DurableSender {
    const { clock, random, queue } = this;
    return new DurableSender({ queue, queueName: QUEUE, node: 'a', clock, random, ...options });
  }

  taker(deliver: DurableTakerOptions['deliver'], options: Partial<DurableTakerOptions> = {}): DurableTaker {
    const { clock, random, queue } = this;
    const onTrouble = (what: string): void => void this.troubles.push(what);
    const parts = {
      queue,
      queueName: QUEUE,
      clock,
      random,
      deliver,
      ackWaitMs: ACK_MS,
      terms: TERMS,
      onTrouble,
    };
    const taker = new DurableTaker({ ...parts, ...options });
    taker.start();
    return taker;
  }

  claim() {
    const generation = (this.generation += 1);
    let isHeld = true;
    return { generation, isHeld: () => isHeld, cut: () => void (isHeld = false) };
  }

  /** An account: the sum of what it was told. */
  inbox(
    fence: { readonly generation: number; isHeld(): boolean },
    more: Partial<DurableInboxOptions<number>> = {},
  ): DurableInbox<number> {
    const { journal, clock } = this;
    const apply = (sum: number, { payload }: { readonly payload: unknown }): number =>
      sum + (payload as number);
    return new DurableInbox({ journal, key: 'durable.account.1', fence, clock, initial: 0, apply, ...more });
  }
}

const added = (amount: number) => () => [{ type: 'added', schemaVersion: 1, payload: amount }];
const amountOf = ({ message }: DurableEnvelope): number => (message as { amount: number }).amount;

test('a message is sent when the queue has it, is handled, and only then leaves the queue', async () => {
  const place = new Place();
  await place.declare();
  await place.sender().send({ id: 'm1', to: 'ann', message: { amount: 5 }, tenant: 'acme' });
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const seen: DurableEnvelope[] = [];
  const taker = place.taker(async (envelope) => {
    seen.push(envelope);
    await gate;
  });
  await settle();
  assert.is(await place.queue.depth(QUEUE), 1, 'delivered is not handled');
  // Longer than the hold: it is extended as long as somebody works.
  await advance(place.clock, ACK_MS * 3);
  assert.is(seen.length, 1);
  open();
  await settle();
  assert.is(await place.queue.depth(QUEUE), 0);
  const { id, to, from, message, tenant } = seen[0]!;
  assert.equal(
    { id, to, from, message, tenant },
    { id: 'm1', to: 'ann', from: 'a', message: { amount: 5 }, tenant: 'acme' },
  );
  assert.is(taker.counters.handled, 1);
  await taker.stop();
});

test('a receiver that dies between handling and ack: the effect is there once', async () => {
  const place = new Place();
  await place.declare();
  const [first, second] = [place.claim(), place.claim()];
  let owner = place.inbox(first);
  let dies = true;
  const repeats: boolean[] = [];
  place.taker(
    async (envelope) => {
      repeats.push(!(await owner.once(envelope.id, added(amountOf(envelope)))));
      // It took effect, and the word of it never gets out.
      if (dies) await new Promise<never>(() => undefined);
    },
    { ackWaitMs: Infinity },
  );
  await place.sender().send({ id: 'm1', to: 'ann', message: { amount: 5 } });
  await settle();
  assert.equal(repeats, [false]);
  dies = false;
  owner = place.inbox(second);
  await advance(place.clock, ACK_MS);
  assert.equal(repeats, [false, true]);
  assert.is(await place.queue.depth(QUEUE), 0);
  assert.is(await codeOf(owner.once('m2', added(1))), 'done');
  assert.is(owner.state, 6, '5 once, and 1');
});

test('an owner that is none any more neither acknowledges nor writes', async () => {
  const place = new Place();
  const [first, second] = [place.claim(), place.claim()];
  const [old, owner] = [place.inbox(first), place.inbox(second)];
  await old.once('m1', added(1));
  // It was stopped between its look at the fence and its write, and the next one has written.
  let go = (): void => {};
  const late = old.once('m2', () => new Promise((resolve) => (go = () => resolve(added(10)()))));
  await settle();
  assert.is(await owner.once('m2', added(10)), true);
  go();
  assert.is(await codeOf(late), 'stale_writer');
  first.cut();
  assert.is(await codeOf(old.once('m3', added(100))), 'stale_writer');
  // Also what it handled itself: another may have forgotten it with the shard.
  assert.is(await codeOf(old.once('m1', added(1))), 'stale_writer');
  assert.is(await owner.once('m1', added(1)), false);
  assert.is(owner.state, 11);
  // The fence goes while the effect is decided.
  const cut = owner.once('m4', () => (second.cut(), added(1000)()));
  assert.is(await codeOf(cut), 'stale_writer');
  const next = place.inbox(place.claim());
  assert.is(await next.once('m5', added(0)), true);
  assert.is(next.state, 11);
});

test('an owner that loses its shard while its effect is written does not say that it is done', async () => {
  const place = new Place();
  const claim = place.claim();
  const journal: JournalPort = Object.assign(Object.create(place.journal) as JournalPort, {
    append: async (...args: Parameters<JournalPort['append']>) => {
      const result = await place.journal.append(...args);
      claim.cut();
      return result;
    },
    read: (key: string, after: number) => place.journal.read(key, after),
    latestSnapshot: (key: string) => place.journal.latestSnapshot(key),
  });
  const inbox = place.inbox(claim, { journal });
  assert.is(await codeOf(inbox.once('m1', added(5))), 'stale_writer');
  const next = place.inbox(place.claim());
  assert.is(await next.once('m1', added(5)), false);
  assert.is(next.state, 5);
});

test('the broker forgets an id, the receiver does not', async () => {
  const place = new Place();
  await place.declare();
  const inbox = place.inbox(place.claim());
  const taker = place.taker(
    async (envelope) => void (await inbox.once(envelope.id, added(amountOf(envelope)))),
  );
  const sender = place.sender();
  await sender.send({ id: 'm1', to: 'ann', message: { amount: 5 } });
  await sender.send({ id: 'm1', to: 'ann', message: { amount: 5 } });
  await settle();
  assert.is(taker.counters.handled, 1, 'within the window the queue itself takes it once');
  await advance(place.clock, 3_600_000);
  await sender.send({ id: 'm1', to: 'ann', message: { amount: 5 } });
  await settle();
  assert.is(taker.counters.handled, 2);
  assert.is(inbox.state, 5);
});

test('an append whose outcome is unknown is looked up before the message is handled again', async () => {
  const place = new Place();
  let fails = 1;
  const journal: JournalPort = Object.assign(Object.create(place.journal) as JournalPort, {
    append: async (...args: Parameters<JournalPort['append']>) => {
      const result = await place.journal.append(...args);
      if ((fails -= 1) >= 0) throw new WitanError('unavailable', 'the answer was lost');
      return result;
    },
    read: (key: string, after: number) => place.journal.read(key, after),
    latestSnapshot: (key: string) => place.journal.latestSnapshot(key),
  });
  const inbox = place.inbox(place.claim(), { journal });
  assert.is(await codeOf(inbox.once('m1', added(5))), 'unavailable');
  assert.is(await inbox.once('m1', added(5)), false);
  assert.is(inbox.state, 5);
});

test('memory is bounded: old ids go, and too many young ones are overloaded', async () => {
  const place = new Place();
  const inbox = place.inbox(place.claim(), { maxIds: 3, keepMs: 1_000 });
  for (const id of ['a', 'b', 'c']) await inbox.once(id, added(1));
  assert.is(await codeOf(inbox.once('d', added(1))), 'overloaded');
  await advance(place.clock, 1_001);
  assert.is(await inbox.once('d', added(1)), true);
  assert.is(inbox.state, 4);
  assert.ok(inbox.size <= 3);
});

test('a snapshot keeps state and ids together', async () => {
  const place = new Place();
  const inbox = place.inbox(place.claim());
  for (let n = 0; n < 250; n++) await inbox.once(`m${n}`, added(1));
  assert.ok((await place.journal.latestSnapshot('durable.account.1')) !== undefined);
  const next = place.inbox(place.claim());
  assert.is(await next.once('m3', added(1)), false);
  assert.is(await next.once('m249', added(1)), false);
  assert.is(next.state, 250);
});

test('what is not handled comes again, ever later, and ends as a dead letter with its reason and count', async () => {
  const place = new Place();
  await place.declare();
  const atMs: number[] = [];
  const taker = place.taker(async () => {
    atMs.push(place.clock.monotonicMs());
    throw new WitanError('unavailable', 'nobody owns the shard');
  });
  await place.sender().send({ id: 'm1', to: 'ann', message: 1 });
  await advance(place.clock, 5_000);
  assert.is(atMs.length, 4);
  const gaps = atMs.slice(1).map((ms, at) => ms - atMs[at]!);
  for (const [at, full] of [100, 200, 400].entries()) {
    assert.ok(gaps[at]! >= full / 2 && gaps[at]! <= full, `${gaps[at]} of ${full}`);
  }
  const [dead] = await place.queue.poison(QUEUE);
  assert.is(dead!.reason, 'unavailable: nobody owns the shard (after 4 deliveries)');
  assert.is(dead!.deliveryCount, 4);
  assert.equal([taker.counters.again, taker.counters.dead], [3, 1]);
  assert.equal(place.troubles, ['a message is a dead letter']);
  await place.queue.replay(QUEUE, 'm1');
  await settle();
  assert.is(atMs.length, 5);
});

test('poison is a dead letter at once, and holds nobody up', async () => {
  const place = new Place();
  await place.declare();
  const handled: string[] = [];
  const taker = place.taker(
    async ({ id }) => {
      if (id === 'bad') throw new WitanError('invalid_argument', 'no such note');
      handled.push(id);
    },
    { concurrency: 1 },
  );
  const sender = place.sender();
  await place.queue.put(QUEUE, new TextEncoder().encode('{"format":"witan-durable/9"}'), { id: 'alien' });
  await place.queue.put(QUEUE, Uint8Array.of(0xff), { id: 'bytes' });
  for (const id of ['bad', 'good']) await sender.send({ id, to: 'ann', message: 1 });
  await settle();
  assert.equal(handled, ['good']);
  const dead = (await place.queue.poison(QUEUE)).map(({ id, reason, deliveryCount }) => [
    id,
    reason.split(':')[0],
    deliveryCount,
  ]);
  assert.equal(dead, [
    ['alien', 'bad_encoding', 1],
    ['bytes', 'bad_encoding', 1],
    ['bad', 'invalid_argument', 1],
  ]);
  assert.is(taker.counters.dead, 3);
});

test('every buffer is bounded, and says so', async () => {
  const place = new Place();
  await place.declare(2);
  const sender = place.sender({ maxBytes: 1_000 });
  await sender.send({ id: 'm1', to: 'ann', message: 1 });
  await sender.send({ id: 'm2', to: 'ann', message: 1 });
  assert.is(await codeOf(sender.send({ id: 'm3', to: 'ann', message: 1 })), 'overloaded');
  assert.is(await codeOf(sender.send({ id: 'm4', to: 'ann', message: 'x'.repeat(1_000) })), 'too_large');
  for (const message of [undefined, () => 1, { a: 1n }, Number.NaN]) {
    assert.is(await codeOf(sender.send({ id: 'm5', to: 'ann', message })), 'invalid_argument');
  }
  assert.is(await codeOf(sender.send({ id: '', to: 'ann', message: 1 })), 'invalid_argument');
  assert.equal([sender.counters.sent, sender.counters.overflowed], [2, 1]);
});

test('while the broker is away messages wait here, few of them and not for ever', async () => {
  const place = new Place();
  await place.declare();
  let isAway = true;
  const puts: string[] = [];
  const queue = {
    put: async (name: string, data: Uint8Array, options: { id: string }) => {
      puts.push(options.id);
      // The first one arrives all the same, and its answer is lost.
      if (!isAway || puts.length === 1) await place.queue.put(name, data, options);
      if (isAway) throw new WitanError('unavailable', 'no broker');
    },
  } as unknown as WorkQueuePort;
  const sender = place.sender({ queue, maxWaiting: 2, sendMs: 30_000 });
  const first = codeOf(sender.send({ id: 'm1', to: 'ann', message: 1 }));
  const second = codeOf(sender.send({ id: 'm2', to: 'ann', message: 1 }));
  await settle();
  assert.is(await codeOf(sender.send({ id: 'm3', to: 'ann', message: 1 })), 'overloaded');
  await advance(place.clock, 2_000);
  isAway = false;
  await advance(place.clock, 5_000);
  assert.equal([await first, await second, sender.waitingCount], ['done', 'done', 0]);
  assert.is(await place.queue.depth(QUEUE), 2, 'm1 once');
  isAway = true;
  const given = codeOf(sender.send({ id: 'm4', to: 'ann', message: 1 }));
  await advance(place.clock, 31_000);
  assert.is(await given, 'unavailable');
  const open = codeOf(sender.send({ id: 'm5', to: 'ann', message: 1 }));
  await settle();
  const closing = sender.close(1_000);
  assert.is(await codeOf(sender.send({ id: 'm6', to: 'ann', message: 1 })), 'stopped');
  await advance(place.clock, 1_000);
  await closing;
  assert.is(await open, 'stopped');
});

test('a node that may not take leaves all to others; one that stops ends what it has in hand', async () => {
  const place = new Place();
  await place.declare();
  await place.sender().send({ id: 'm1', to: 'ann', message: 1 });
  let mayTake = false;
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const taker = place.taker(() => gate, { mayTake: () => mayTake });
  await advance(place.clock, 2_000);
  assert.is(taker.inHand, 0);
  mayTake = true;
  await advance(place.clock, 300);
  assert.is(taker.inHand, 1);
  let isStopped = false;
  const stopping = taker.stop().then(() => (isStopped = true));
  await place.sender().send({ id: 'm2', to: 'ann', message: 1 });
  await settle();
  assert.not(isStopped);
  open();
  await stopping;
  assert.is(await place.queue.depth(QUEUE), 1, 'm2 is for another');
});

test('a queue that fails is tried again', async () => {
  const place = new Place();
  await place.declare();
  let failures = 3;
  const queue = {
    take: (...args: Parameters<WorkQueuePort['take']>) => {
      if ((failures -= 1) >= 0) return Promise.reject(new WitanError('unavailable', 'no broker'));
      return place.queue.take(...args);
    },
  } as unknown as WorkQueuePort;
  const taker = place.taker(async () => undefined, { queue, concurrency: 1 });
  await place.sender().send({ id: 'm1', to: 'ann', message: 1 });
  await advance(place.clock, 10_000);
  assert.is(taker.counters.handled, 1);
  assert.is(place.troubles.length, 3);
});

test('any error is again within its bounds, or dead: never neither', () => {
  const codes: ErrorCode[] = ['unavailable', 'stopped', 'crashed', 'not_found', 'overloaded', 'stale_writer'];
  const random = new SeededRandom(3);
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.integer({ min: 1, max: 40 }), (code, count) => {
      const outcome = outcomeOf(new WitanError(code, 'x'), count, { terms: REDELIVERY, random });
      if (count >= REDELIVERY.maxDeliveries) return outcome.type === 'dead';
      return outcome.type === 'again' && outcome.delayMs > 0 && outcome.delayMs <= REDELIVERY.maxMs;
    }),
  );
  const poison = outcomeOf(new WitanError('bad_encoding', 'x'), 1, { terms: REDELIVERY, random });
  assert.equal(poison, { type: 'dead', reason: 'bad_encoding: x' });
});
