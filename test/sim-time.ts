/** Passes simulated time in tests, with promises settling in between. */
import type { SimClock } from '../runtime/kernel/sim/sim-clock.ts';

/** Lets everything run that waits on settled promises and on `setImmediate`. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((done) => setImmediate(done));
}

/** Moves `clock` by `ms`, timer by timer; promises settle before and after each. */
export async function advance(clock: SimClock, ms: number): Promise<void> {
  const untilMs = clock.monotonicMs() + ms;
  await settle();
  for (let dueMs = clock.nextDueMs(); dueMs !== undefined && dueMs <= untilMs; dueMs = clock.nextDueMs()) {
    clock.fireNext();
    await settle();
  }
  clock.advanceTo(untilMs);
}
