import { SimClock } from '../../kernel/sim/sim-clock.ts';
import { assert, suite } from '../../../test/harness.ts';
import { HangWatch, threadCpuMs, threadName } from './hang-watch.ts';

const test = suite('watch of threads that hang');

interface Rig {
  readonly clock: SimClock;
  readonly watch: HangWatch;
  work: number | undefined;
  cpuMs: number | undefined;
  hangCount: number;
}

function rig(cpuMs: number | undefined): Rig {
  const clock = new SimClock();
  const made: Rig = { clock, work: 1, cpuMs, hangCount: 0, watch: undefined as unknown as HangWatch };
  const watch = new HangWatch({
    clock,
    hangMs: 1_000,
    cpuMs: () => made.cpuMs,
    current: () => made.work,
    onHang: () => (made.hangCount += 1),
  });
  return Object.assign(made, { watch });
}

/** Lets time pass, of which the thread gets a share of a processor. */
function pass(made: Rig, ms: number, share: number): void {
  for (let at = 0; at < ms; at += 50) {
    if (made.cpuMs !== undefined) made.cpuMs += 50 * share;
    made.clock.advance(50);
  }
}

test('work that uses the processor for longer than allowed hangs', () => {
  const made = rig(0);
  made.watch.start();
  pass(made, 1_000, 1);
  assert.is(made.hangCount, 0);
  pass(made, 250, 1);
  assert.is(made.hangCount, 1);
});

test('work that waits for a processor does not, until it took ten times as long', () => {
  const made = rig(0);
  made.watch.start();
  pass(made, 10_000, 0.09);
  assert.is(made.hangCount, 0);
  pass(made, 500, 0.09);
  assert.is(made.hangCount, 1);
});

test('other work begins anew, and no work ends the looking', () => {
  const made = rig(0);
  made.watch.start();
  for (made.work = 1; made.work < 20; made.work += 1) pass(made, 900, 1);
  made.work = undefined;
  pass(made, 60_000, 1);
  assert.is(made.hangCount, 0);
  made.work = 20;
  made.watch.start();
  pass(made, 1_250, 1);
  assert.is(made.hangCount, 1);
});

test('where the system does not tell processor time, the time that passed counts', () => {
  const made = rig(undefined);
  made.watch.start();
  pass(made, 1_250, 0);
  assert.is(made.hangCount, 1);
});

test('a stopped watch says nothing', () => {
  const made = rig(0);
  made.watch.start();
  pass(made, 500, 1);
  made.watch.stop();
  pass(made, 5_000, 1);
  assert.is(made.hangCount, 0);
});

if (threadName() === null) test.skip('processor time of a thread', 'this system has no /proc/thread-self');
else {
  test('processor time of a thread grows with its work', () => {
    const before = threadCpuMs(threadName())!;
    let sum = 0;
    while (threadCpuMs(threadName())! < before + 50) sum += Math.sqrt(sum + 1);
    assert.ok(sum > 0);
    assert.is(threadCpuMs('0/task/0'), undefined);
  });
}
