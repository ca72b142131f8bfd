/** Threads that are ended under load: every request is answered, or refused by its deadline. */
import { assert, suite } from '../../harness.ts';
import { LIVES, openPools } from './pool-fixtures.ts';
import { KILL, sharedOf, toldModel } from './told-runner.ts';

const test = suite('pool: threads ended under load', { limitMs: 120_000 });

const CALLERS = 64;
const KILLS = 10;

test('two threads, one ended in the midst of a batch again and again: nothing is lost', async () => {
  const model = toldModel();
  await using open = openPools(LIVES['on a thread']!, [model], { workerCount: 2, queueRowMax: 256 });
  const shared = sharedOf(model);
  const said = new Map<string, number>();
  let killCount = 0;
  let askedCount = 0;
  // Callers that were answered since the last kill: once all were, what it struck has been tried again.
  const since = new Set<number>();
  const call = async (caller: number): Promise<void> => {
    while (killCount < KILLS) {
      const text = `${caller} asks ${(askedCount += 1)}`;
      const rows = await open.ask(model, [text], 60_000);
      const isRight = typeof rows !== 'string' && rows.length === 1 && rows[0]![0] === text.length;
      const what = typeof rows === 'string' ? rows : isRight ? 'answered' : 'wrong';
      said.set(what, (said.get(what) ?? 0) + 1);
      if (Atomics.load(shared, KILL) === 0) since.add(caller);
      if (since.size < CALLERS) continue;
      since.clear();
      killCount += 1;
      Atomics.store(shared, KILL, 1);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
  // The last kill may still lie ready.
  await open.ask(model, ['after']);
  assert.equal([...said], [['answered', askedCount]]);
  const [status] = await open.pools.status();
  assert.is(status!.restarts, KILLS);
  assert.equal([status!.queuedRows, status!.runningRows], [0, 0]);
  assert.equal(status!.refused, {});
});

test('with little time left, what a kill struck is refused by its deadline, not later', async () => {
  const model = toldModel();
  await using open = openPools(LIVES['on a thread']!, [model]);
  await open.ask(model, ['warm']);
  Atomics.store(sharedOf(model), KILL, 1);
  const startMs = performance.now();
  // A thread does not start in a few ms.
  assert.is(await open.ask(model, ['struck'], 10), 'deadline_exceeded');
  assert.ok(performance.now() - startMs < 5_000);
  assert.equal(await open.ask(model, ['after']), [[5, 97, 1]]);
});
