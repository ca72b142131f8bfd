import { assert, suite } from '../../test/harness.ts';
import { advance, settle } from '../../test/sim-time.ts';
import { DEFAULT_SHUTDOWN_PHASES, ShutdownPhases } from './shutdown-phases.ts';
import { SimClock } from './sim/sim-clock.ts';

const test = suite('shutdown phases');
const PHASES = [
  { name: 'first', limitMs: 100 },
  { name: 'second', limitMs: 100 },
];

test('phases run in order, tasks of one phase together', async () => {
  const clock = new SimClock();
  const shutdown = new ShutdownPhases({ clock, phases: PHASES });
  const log: string[] = [];
  let finish = (): void => undefined;
  shutdown.add('second', 'late', () => void log.push('late'));
  shutdown.add('first', 'slow', () => new Promise<void>((done) => (log.push('slow'), (finish = done))));
  shutdown.add('first', 'quick', () => void log.push('quick'));
  const running = shutdown.run();
  await settle();
  assert.equal(log, ['slow', 'quick']);
  finish();
  const reports = await running;
  assert.equal(log, ['slow', 'quick', 'late']);
  assert.equal(
    reports.map((report) => report.outcome),
    ['done', 'done', 'done'],
  );
  assert.is(clock.pendingCount(), 0);
});

test('a task that throws, rejects or hangs is reported and the next phase still runs', async () => {
  const clock = new SimClock();
  const told: string[] = [];
  const shutdown = new ShutdownPhases({
    clock,
    phases: PHASES,
    onReport: (report) => {
      told.push(`${report.task} ${report.outcome} ${report.error ?? ''}`.trim());
      throw new Error('listener');
    },
  });
  let wasAborted = false;
  let didRun = false;
  shutdown.add('first', 'throws', () => {
    throw new Error('thrown');
  });
  shutdown.add('first', 'rejects', () => Promise.reject(new Error('rejected')));
  shutdown.add(
    'first',
    'hangs',
    (signal) => new Promise(() => signal.addEventListener('abort', () => (wasAborted = true))),
  );
  shutdown.add('second', 'next', () => void (didRun = true));
  const running = shutdown.run();
  await advance(clock, 99);
  assert.not(didRun);
  await advance(clock, 1);
  const reports = await running;
  assert.ok(wasAborted);
  assert.ok(didRun);
  assert.equal(told, ['throws failed thrown', 'rejects failed rejected', 'hangs timed-out', 'next done']);
  assert.is(reports[2]!.elapsedMs, 100);
});

test('the grace period bounds all phases together, and every task still gets its call', async () => {
  const clock = new SimClock();
  const shutdown = new ShutdownPhases({ clock, phases: PHASES });
  let wasCalled = false;
  shutdown.add('first', 'hangs', () => new Promise(() => undefined));
  shutdown.add('second', 'hangs too', () => ((wasCalled = true), new Promise(() => undefined)));
  const running = shutdown.run(30);
  await advance(clock, 30);
  const reports = await running;
  assert.ok(wasCalled);
  assert.equal(
    reports.map((report) => report.outcome),
    ['timed-out', 'timed-out'],
  );
});

test('run twice is one shutdown; a task that comes too late is refused', async () => {
  const shutdown = new ShutdownPhases({ clock: new SimClock(), phases: PHASES });
  let calls = 0;
  shutdown.add('first', 'count', () => void calls++);
  const remove = shutdown.add('first', 'removed', () => void (calls += 10));
  remove();
  remove();
  assert.is(shutdown.run(), shutdown.run());
  assert.throws(() => shutdown.add('second', 'late', () => undefined), 'has begun');
  await shutdown.run();
  assert.is(calls, 1);
});

test('phases have unique names and are known', () => {
  const clock = new SimClock();
  assert.throws(() => new ShutdownPhases({ clock, phases: [PHASES[0]!, PHASES[0]!] }), 'unique');
  assert.throws(
    () => new ShutdownPhases({ clock, phases: PHASES }).add('third', 'x', () => undefined),
    'no phase',
  );
  assert.ok(new ShutdownPhases({ clock, phases: DEFAULT_SHUTDOWN_PHASES }));
});
