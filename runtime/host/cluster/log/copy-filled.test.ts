import { WitanError } from '../../../../contracts/errors.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { SimClock } from '../../../kernel/sim/sim-clock.ts';
import { copyFilled } from './copy-filled.ts';

const test = suite('the wait of a starting node for its copy');
const behind = (asked?: number): WitanError =>
  new WitanError('unavailable', 'behind', asked === undefined ? {} : { asked });

/** A log whose every question takes four seconds; `answer` says what comes of it. */
function waiting(answer: (count: number) => WitanError | undefined, grows = 0) {
  const clock = new SimClock();
  const told: string[] = [];
  let size = 0;
  let count = 0;
  const stop = new AbortController();
  const caughtUp = async (): Promise<void> => {
    count += 1;
    await clock.advance(4_000);
    size += grows;
    const fault = answer(count);
    if (fault) throw fault;
  };
  const telemetry = { log: (_level: string, _scope: string, message: string) => void told.push(message) };
  const done = copyFilled({
    ...{ log: { caughtUp }, ledger: { size: () => size }, clock, signal: stop.signal },
    telemetry: telemetry as never,
  });
  return { done, clock, told, stop, asked: () => count };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'filled',
    (error: WitanError) => error.code ?? String(error),
  );

test('a copy that grows is waited for, far beyond the time that one read waits', async () => {
  const { done, told, asked } = waiting((count) => (count < 100 ? behind(5_000) : undefined), 50);
  assert.is(await codeOf(done), 'filled');
  assert.equal([asked(), told.length], [100, 99]);
});

test('one that stands still ends the start, one without a writer goes on', async () => {
  const still = waiting(() => behind(5_000));
  assert.is(await codeOf(still.done), 'unavailable');
  assert.is(still.asked(), 8);
  const alone = waiting(() => behind());
  assert.is(await codeOf(alone.done), 'filled');
  assert.is(alone.asked(), 8);
});

test('other faults and a start that is given up end it at once', async () => {
  const broken = waiting(() => new WitanError('storage_failed', 'the disk'));
  assert.equal([await codeOf(broken.done), broken.asked()], ['storage_failed', 1]);
  const given = waiting(() => behind(1), 1);
  given.stop.abort(new WitanError('cancelled', 'stopped'));
  assert.equal([await codeOf(given.done), given.asked()], ['cancelled', 1]);
});
