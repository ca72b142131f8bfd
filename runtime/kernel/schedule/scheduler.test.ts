/** Timed work on virtual time: once a period, over failures, restarts and clocks that jump. */
import { assert, suite } from '../../../test/harness.ts';
import { MemoryJournal } from '../../store/memory/memory-journal.ts';
import { query, Simulation, start } from '../index.ts';
import type { ActorRef, ActorSystem } from '../index.ts';
import { dueAttempt } from './job-history.ts';
import { spawnScheduler } from './scheduler.ts';
import type { ScheduledJob, ScheduleReply, SchedulerMessage } from './scheduler.ts';

const test = suite('scheduler');
const HOUR = 3_600_000;

interface Node {
  system: ActorSystem;
  scheduler: ActorRef<SchedulerMessage>;
}

function boot(sim: Simulation, journal: MemoryJournal, jobs: ScheduledJob[]): Node {
  const system = start({ clock: sim.clock, scheduler: sim.scheduler, random: sim.random.fork() });
  return { system, scheduler: spawnScheduler(system, { journal, jobs, lookEveryMs: 60_000 }) };
}

function hourly(slots: number[], fail: () => boolean = () => false): ScheduledJob {
  return {
    name: 'hourly',
    everyMs: HOUR,
    timeoutMs: 1_000,
    run: (slot) => {
      slots.push(slot);
      return fail() ? Promise.reject(new Error('planned')) : Promise.resolve();
    },
  };
}

test('a job runs once in each period', async () => {
  const sim = new Simulation(1);
  const slots: number[] = [];
  boot(sim, new MemoryJournal(sim.clock), [hourly(slots)]);
  await sim.advance(5 * HOUR - 1);
  assert.is(slots.length, 5);
  assert.is(new Set(slots).size, 5);
});

test('a restart in the same period does not run it again, one in a later period runs it once', async () => {
  const sim = new Simulation(2);
  const journal = new MemoryJournal(sim.clock);
  const slots: number[] = [];
  const first = boot(sim, journal, [hourly(slots)]);
  await sim.advance(1_000);
  await sim.until(first.system.stop());
  const second = boot(sim, journal, [hourly(slots)]);
  await sim.advance(1_000);
  assert.is(slots.length, 1);
  await sim.until(second.system.stop());
  await sim.advance(7 * HOUR);
  boot(sim, journal, [hourly(slots)]);
  await sim.advance(1_000);
  assert.is(slots.length, 2);
});

test('a failed job is tried again, and given up for its period after its attempts', async () => {
  const sim = new Simulation(3);
  const slots: number[] = [];
  let failures = 2;
  const { scheduler, system } = boot(sim, new MemoryJournal(sim.clock), [
    hourly(slots, () => failures-- > 0),
  ]);
  await sim.advance(HOUR - 1);
  assert.is(slots.length, 3);
  const ask = query<SchedulerMessage, ScheduleReply>(scheduler, (replyTo) => ({ type: 'list', replyTo }), {
    timeoutMs: 100,
  });
  assert.equal((await sim.until(ask)).jobs[0]!.last, {
    type: 'job-done',
    job: 'hourly',
    slot: slots[0],
    attempt: 3,
  });
  failures = 99;
  await sim.advance(HOUR);
  assert.is(slots.length, 6);
  await sim.until(system.stop());
});

test('a job that hangs is cut off at its time limit and does not hold up others', async () => {
  const sim = new Simulation(4);
  const slots: number[] = [];
  const aborted: unknown[] = [];
  const hanging: ScheduledJob = {
    name: 'hanging',
    everyMs: HOUR,
    timeoutMs: 5_000,
    maxAttempts: 1,
    run: (_slot, budget) => {
      budget.signal.addEventListener('abort', () => aborted.push(budget.signal.reason));
      return new Promise(() => undefined);
    },
  };
  boot(sim, new MemoryJournal(sim.clock), [hanging, hourly(slots)]);
  await sim.advance(10_000);
  assert.is(slots.length, 1);
  assert.is(aborted.length, 1);
});

test('of two schedulers on one journal only one starts a period', async () => {
  const sim = new Simulation(5);
  const journal = new MemoryJournal(sim.clock);
  const slots: number[] = [];
  boot(sim, journal, [hourly(slots)]);
  boot(sim, journal, [hourly(slots)]);
  await sim.advance(4 * HOUR - 1);
  assert.is(new Set(slots).size, 4);
  assert.is(slots.length, 4);
});

test('a wall clock that is set back runs no period again', () => {
  const done = { type: 'job-done', job: 'a', slot: 10, attempt: 1 } as const;
  const at = { isRunning: false, maxAttempts: 3 };
  assert.is(dueAttempt(done, 9, at), undefined);
  assert.is(dueAttempt(done, 10, at), undefined);
  assert.is(dueAttempt(done, 11, at), 1);
  assert.is(dueAttempt({ ...done, type: 'job-started' }, 10, at), 2);
  assert.is(dueAttempt({ ...done, type: 'job-failed', attempt: 3 }, 10, at), undefined);
  assert.is(dueAttempt({ ...done, type: 'job-started' }, 10, { ...at, isRunning: true }), undefined);
});
