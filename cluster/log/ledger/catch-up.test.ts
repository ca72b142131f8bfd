import { CatchUp } from './catch-up.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';

const test = suite('catching up with the writer', { limitMs: 5_000 });

class World {
  readonly clock = new SimClock();
  size = 0;
  readonly asked: { answer: (upTo: number) => Promise<void>; fail: () => Promise<void> }[] = [];
  readonly catchUp = new CatchUp({
    clock: this.clock,
    timeoutMs: 1_000,
    size: () => this.size,
    ask: () =>
      new Promise((resolve, reject) => {
        this.asked.push({
          answer: (upTo) => (resolve(upTo), turns()),
          fail: () => (reject(new Error('away')), turns()),
        });
      }),
  });

  /** A call, and whether it is done. */
  call(): { readonly done: Promise<void>; isDone: boolean } {
    const call = { done: this.catchUp.caughtUp(), isDone: false };
    call.done.then(
      () => (call.isDone = true),
      () => undefined,
    );
    return call;
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

test('callers of one turn share a question; whoever comes while it is on its way shares the next', async () => {
  const world = new World();
  const early = Array.from({ length: 100 }, () => world.call());
  await turns();
  assert.is(world.asked.length, 1);
  const late = Array.from({ length: 100 }, () => world.call());
  await turns();
  assert.is(world.asked.length, 1);
  world.size = 7;
  await world.asked[0]!.answer(7);
  assert.ok(early.every(({ isDone }) => isDone));
  assert.not(late.some(({ isDone }) => isDone));
  assert.is(world.asked.length, 2);
  await world.asked[1]!.answer(8);
  assert.not(late.some(({ isDone }) => isDone));
  world.size = 8;
  world.catchUp.moved();
  await Promise.all(late.map(({ done }) => done));
  assert.is(world.asked.length, 2);
});

test('a question that fails is asked again for all who wait, those who came meanwhile too', async () => {
  const world = new World();
  const one = world.call();
  await turns();
  const other = world.call();
  await world.asked[0]!.fail();
  world.clock.advanceTo(60);
  await turns();
  assert.is(world.asked.length, 2);
  await world.asked[1]!.answer(0);
  await Promise.all([one.done, other.done]);
});

test('a caller waits no longer than the setting says: for an answer, for the entries, and at the end', async () => {
  const world = new World();
  const one = world.call();
  await turns();
  world.clock.advanceTo(1_000);
  await assertFails(() => one.done, 'unavailable');
  const other = world.call();
  await world.asked[0]!.answer(3);
  await turns();
  await world.asked[1]!.answer(3);
  world.clock.advanceTo(2_000);
  const error = await assertFails(() => other.done, 'unavailable');
  assert.equal(error.details, { size: 0, asked: 3 });
  const last = world.call();
  world.catchUp.close();
  await assertFails(() => last.done, 'unavailable');
  await assertFails(() => world.catchUp.caughtUp(), 'unavailable');
});
