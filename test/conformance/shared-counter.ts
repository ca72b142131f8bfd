/** What every counter that nodes share must do. */
import type { SharedCounterPort } from '../../runtime/kernel/ports/admission/shared-counter.ts';
import { assert, suite } from '../harness.ts';
import { withPort } from './fixture.ts';
import type { MakePort, PortFixture } from './fixture.ts';

const WINDOW = { limit: 10, windowMs: 400 };

/** Declares the suite for one implementation. */
export function sharedCounterConformance(name: string, makePort: MakePort<SharedCounterPort>): void {
  const test = suite(`shared counter conformance: ${name}`, { limitMs: 20_000 });
  const check = (
    title: string,
    body: (counter: SharedCounterPort, fixture: PortFixture<SharedCounterPort>) => Promise<void>,
  ): void => test(title, () => withPort(makePort, body));

  check('permits of a window are granted until there are none', async (counter) => {
    const first = await counter.take('a', { ...WINDOW, count: 4 });
    assert.equal([first.granted, first.left], [4, 6]);
    assert.ok(first.resetMs > 0 && first.resetMs <= 400);
    const second = await counter.take('a', { ...WINDOW, count: 8 });
    assert.equal([second.granted, second.left, second.windowId], [6, 0, first.windowId]);
    assert.is((await counter.take('a', { ...WINDOW, count: 1 })).granted, 0);
    assert.is((await counter.take('b', { ...WINDOW, count: 1 })).granted, 1);
  });

  check('takes made at once never exceed the limit', async (counter) => {
    const grants = await Promise.all(
      Array.from({ length: 30 }, () => counter.take('a', { ...WINDOW, count: 3 })),
    );
    assert.is(
      grants.reduce((sum, { granted }) => sum + granted, 0),
      10,
    );
  });

  check('a window ends with its time, counted from its first permit', async (counter, { pass }) => {
    const first = await counter.take('a', { ...WINDOW, count: 10 });
    await pass(450);
    const second = await counter.take('a', { ...WINDOW, count: 10 });
    assert.is(second.granted, 10);
    assert.is.not(second.windowId, first.windowId);
  });

  check('permits go back to their own window and to no later one', async (counter, { pass }) => {
    const first = await counter.take('a', { ...WINDOW, count: 10 });
    await counter.giveBack('a', first.windowId, 4);
    assert.is((await counter.take('a', { ...WINDOW, count: 10 })).granted, 4);
    await pass(450);
    await counter.giveBack('a', first.windowId, 10);
    assert.is((await counter.take('a', { ...WINDOW, count: 7 })).granted, 7);
    await counter.giveBack('a', first.windowId, 7);
    assert.is((await counter.take('a', { ...WINDOW, count: 7 })).granted, 3);
  });

  check('more than was taken does not go back', async (counter) => {
    const { windowId } = await counter.take('a', { ...WINDOW, count: 2 });
    await counter.giveBack('a', windowId, 50);
    assert.is((await counter.take('a', { ...WINDOW, count: 50 })).granted, 10);
  });
}
