/** What every work queue must do. */
import type { WorkItem, WorkQueuePort } from '../../runtime/kernel/ports/work-queue.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, bytes, text, withPort } from './fixture.ts';
import type { MakePort, PortFixture } from './fixture.ts';

type Fixture = PortFixture<WorkQueuePort>;

/** Declares the suite for one implementation; `ackWaitMs` is the shortest that it keeps (default 1,000). */
export function workQueueConformance(
  name: string,
  makePort: MakePort<WorkQueuePort>,
  ackWaitMs = 1_000,
): void {
  const test = suite(`work-queue conformance: ${name}`, { limitMs: 60_000 });
  const check = (title: string, body: (queue: WorkQueuePort, fixture: Fixture) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  async function mustTake(queue: WorkQueuePort, { pass }: Fixture, waitMs = 2_000): Promise<WorkItem> {
    let isOver = false;
    const taking = queue.take('q', { waitMs }).finally(() => (isOver = true));
    for (let stepMs = 0, passedMs = 0; passedMs <= waitMs; passedMs += stepMs, stepMs = 20) {
      await pass(stepMs);
      if (isOver) break;
    }
    const item = await taking;
    assert.ok(item, 'an item was expected');
    return item!;
  }

  async function mustBeEmpty(queue: WorkQueuePort, { pass }: Fixture): Promise<void> {
    const taking = queue.take('q', { waitMs: 50 });
    await pass(50);
    assert.is(await taking, undefined);
  }

  check('items come out in order, each once, and ack removes them', async (queue, fixture) => {
    await queue.declare('q');
    for (const id of ['a', 'b', 'c']) await queue.put('q', bytes(`data ${id}`), { id });
    assert.is(await queue.depth('q'), 3);
    for (const id of ['a', 'b', 'c']) {
      const item = await mustTake(queue, fixture);
      assert.is(item.id, id);
      assert.is(item.queue, 'q');
      assert.is(text(item.data), `data ${id}`);
      assert.is(item.deliveryCount, 1);
      await item.ack();
    }
    assert.is(await queue.depth('q'), 0);
    await mustBeEmpty(queue, fixture);
  });

  check(
    'a queue that was not declared is not_found; declaring again keeps its items',
    async (queue, fixture) => {
      await assertFails(() => queue.put('q', bytes(''), { id: 'a' }), 'not_found');
      await assertFails(() => queue.take('q', { waitMs: 0 }), 'not_found');
      await assertFails(() => queue.depth('q'), 'not_found');
      await queue.declare('q');
      await queue.put('q', bytes('1'), { id: 'a' });
      await queue.declare('q');
      await (await mustTake(queue, fixture)).ack();
    },
  );

  check('the same id is accepted once, before and after it was done', async (queue, fixture) => {
    await queue.declare('q');
    await queue.put('q', bytes('1'), { id: 'a' });
    await queue.put('q', bytes('2'), { id: 'a' });
    const item = await mustTake(queue, fixture);
    assert.is(text(item.data), '1');
    await item.ack();
    await queue.put('q', bytes('3'), { id: 'a' });
    await mustBeEmpty(queue, fixture);
    assert.is(await queue.depth('q'), 0);
  });

  check('a full queue is overloaded and takes again once there is room', async (queue, fixture) => {
    await queue.declare('q', { capacity: 2 });
    await queue.put('q', bytes(''), { id: 'a' });
    await queue.put('q', bytes(''), { id: 'b' });
    await assertFails(() => queue.put('q', bytes(''), { id: 'c' }), 'overloaded');
    await (await mustTake(queue, fixture)).ack();
    await queue.put('q', bytes(''), { id: 'c' });
    assert.is(await queue.depth('q'), 2);
  });

  check('an item is held by one taker at a time', async (queue, fixture) => {
    await queue.declare('q');
    await queue.put('q', bytes(''), { id: 'a' });
    await queue.put('q', bytes(''), { id: 'b' });
    const both = await Promise.all([mustTake(queue, fixture), mustTake(queue, fixture)]);
    assert.equal(both.map((item) => item.id).sort(), ['a', 'b']);
    await mustBeEmpty(queue, fixture);
  });

  check(
    'a take that waits gets the next item; one that waits in vain gets undefined',
    async (queue, fixture) => {
      await queue.declare('q');
      await mustBeEmpty(queue, fixture);
      const waiting = mustTake(queue, fixture, 5_000);
      await queue.put('q', bytes(''), { id: 'a' });
      assert.is((await waiting).id, 'a');
    },
  );

  check('an aborted take gets undefined and holds nothing', async (queue, fixture) => {
    await queue.declare('q');
    const abort = new AbortController();
    const waiting = queue.take('q', { waitMs: 30_000, signal: abort.signal });
    abort.abort();
    assert.is(await waiting, undefined);
    assert.is(await queue.take('q', { waitMs: 30_000, signal: AbortSignal.abort() }), undefined);
    await queue.put('q', bytes(''), { id: 'a' });
    assert.is((await mustTake(queue, fixture)).deliveryCount, 1);
  });

  check('what is not acknowledged comes back, counted, to whoever takes next', async (queue, fixture) => {
    await queue.declare('q', { ackWaitMs });
    await queue.put('q', bytes('1'), { id: 'a' });
    const lost = await mustTake(queue, fixture);
    await mustBeEmpty(queue, fixture);
    await fixture.pass(ackWaitMs);
    const again = await mustTake(queue, fixture, ackWaitMs * 2);
    assert.is(again.id, 'a');
    assert.is(again.deliveryCount, 2);
    assert.is(text(again.data), '1');
    await assertFails(() => lost.extend(), 'stale_writer');
    await assertFails(() => lost.ack(), 'stale_writer');
    assert.is(await queue.depth('q'), 1);
    await again.ack();
    await assertFails(() => again.ack(), 'stale_writer');
    assert.is(await queue.depth('q'), 0);
  });

  check('extend keeps the hold beyond the ack wait', async (queue, fixture) => {
    await queue.declare('q', { ackWaitMs });
    await queue.put('q', bytes(''), { id: 'a' });
    const item = await mustTake(queue, fixture);
    for (let n = 0; n < 3; n++) {
      await fixture.pass(ackWaitMs * 0.6);
      await item.extend();
    }
    await mustBeEmpty(queue, fixture);
    await item.ack();
    assert.is(await queue.depth('q'), 0);
  });

  check('nack gives back at once or after its delay', async (queue, fixture) => {
    await queue.declare('q');
    await queue.put('q', bytes(''), { id: 'a' });
    await (await mustTake(queue, fixture)).nack();
    const second = await mustTake(queue, fixture);
    assert.is(second.deliveryCount, 2);
    await second.nack(400);
    await mustBeEmpty(queue, fixture);
    await fixture.pass(400);
    assert.is((await mustTake(queue, fixture)).deliveryCount, 3);
  });

  check('after its last delivery an item is poison, by nack and by silence', async (queue, fixture) => {
    await queue.declare('q', { maxDeliveries: 2, ackWaitMs });
    await queue.put('q', bytes('bad'), { id: 'a' });
    await (await mustTake(queue, fixture)).nack();
    await (await mustTake(queue, fixture)).nack();
    await mustBeEmpty(queue, fixture);
    assert.equal(
      (await queue.poison('q')).map((item) => [item.id, text(item.data), item.deliveryCount]),
      [['a', 'bad', 2]],
    );
    assert.is(await queue.depth('q'), 0);
    await queue.put('q', bytes('mute'), { id: 'b' });
    await mustTake(queue, fixture);
    await fixture.pass(ackWaitMs);
    await mustTake(queue, fixture, ackWaitMs * 2);
    await fixture.pass(ackWaitMs);
    await mustBeEmpty(queue, fixture);
    assert.equal((await queue.poison('q')).map((item) => item.id).sort(), ['a', 'b']);
  });

  check(
    'reject makes poison at once, with the reason; it does not come back by itself',
    async (queue, fixture) => {
      await queue.declare('q');
      await queue.put('q', bytes('bad'), { id: 'a' });
      await (await mustTake(queue, fixture)).reject('cannot be parsed');
      await mustBeEmpty(queue, fixture);
      const [poison] = await queue.poison('q');
      assert.is(poison?.reason, 'cannot be parsed');
      await queue.put('q', bytes('bad'), { id: 'a' });
      await mustBeEmpty(queue, fixture);
    },
  );

  check('replay puts poison back as new', async (queue, fixture) => {
    await queue.declare('q');
    await queue.put('q', bytes('bad'), { id: 'a' });
    await (await mustTake(queue, fixture)).reject('wrong day');
    await assertFails(() => queue.replay('q', 'missing'), 'not_found');
    await queue.replay('q', 'a');
    assert.equal(await queue.poison('q'), []);
    const item = await mustTake(queue, fixture);
    assert.is(item.id, 'a');
    assert.is(item.deliveryCount, 1);
    assert.is(text(item.data), 'bad');
    await item.ack();
    await assertFails(() => queue.replay('q', 'a'), 'not_found');
  });

  check('a poison item that is dropped is gone, and its id stays used', async (queue, fixture) => {
    await queue.declare('q');
    for (const id of ['a', 'b']) {
      await queue.put('q', bytes('bad'), { id });
      await (await mustTake(queue, fixture)).reject('no use');
    }
    await assertFails(() => queue.drop('q', 'missing'), 'not_found');
    await queue.drop('q', 'a');
    assert.equal(
      (await queue.poison('q')).map(({ id }) => id),
      ['b'],
    );
    await assertFails(() => queue.drop('q', 'a'), 'not_found');
    await assertFails(() => queue.replay('q', 'a'), 'not_found');
    await mustBeEmpty(queue, fixture);
    await queue.put('q', bytes('bad'), { id: 'a' });
    await mustBeEmpty(queue, fixture);
  });

  check('queues are separate', async (queue, fixture) => {
    await queue.declare('q');
    await queue.declare('other');
    await queue.put('other', bytes(''), { id: 'a' });
    await mustBeEmpty(queue, fixture);
    await queue.put('q', bytes(''), { id: 'a' });
    assert.is((await mustTake(queue, fixture)).queue, 'q');
  });

  check(
    'closed, it is unavailable and waiting takes end; closing twice is harmless',
    async (queue, fixture) => {
      await queue.declare('q');
      await queue.put('q', bytes(''), { id: 'a' });
      const held = await mustTake(queue, fixture);
      const waiting = queue.take('q', { waitMs: 30_000 });
      await queue.close();
      await queue.close();
      assert.is(await waiting, undefined);
      await assertFails(() => held.ack(), 'unavailable');
      await assertFails(() => queue.declare('q'), 'unavailable');
      await assertFails(() => queue.put('q', bytes(''), { id: 'b' }), 'unavailable');
      await assertFails(() => queue.take('q', { waitMs: 0 }), 'unavailable');
      await assertFails(() => queue.depth('q'), 'unavailable');
      await assertFails(() => queue.poison('q'), 'unavailable');
      await assertFails(() => queue.replay('q', 'a'), 'unavailable');
      await assertFails(() => queue.drop('q', 'a'), 'unavailable');
    },
  );
}
