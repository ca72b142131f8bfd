/** A clock that every thread of the process reads alike: `performance.now` starts anew in each. */
import type { Clock, TimerHandle } from '../../kernel/clock.ts';
import { SystemClock } from '../../kernel/system-clock.ts';

const system = new SystemClock();

/** Monotonic time of `process.hrtime`, which goes on while the process is stopped; else the system's. */
export const processClock: Clock = {
  monotonicMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  wallMs: () => system.wallMs(),
  setTimer: (delayMs: number, task: () => void): TimerHandle => system.setTimer(delayMs, task),
};
