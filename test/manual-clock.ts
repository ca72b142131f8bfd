/** Clock that a test moves by hand, and chance from a seed. */
import type { Clock, Random, TimerHandle } from '../runtime/kernel/clock.ts';

/** Time passes only in `advance`; timers fire in order of their due time, then of their making. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #nextId = 0;
  readonly #timers = new Map<number, { dueMs: number; task: () => void }>();

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  setTimer(delayMs: number, task: () => void): TimerHandle {
    const id = this.#nextId++;
    this.#timers.set(id, { dueMs: this.#nowMs + Math.max(0, delayMs), task });
    return { cancel: () => void this.#timers.delete(id) };
  }

  /** Timers that have not fired. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  /** Moves time by `ms`, fires what is due, and lets promises settle before and after each timer. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      const [id, timer] = next;
      this.#timers.delete(id);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.task();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): [number, { dueMs: number; task: () => void }] | undefined {
    let next: [number, { dueMs: number; task: () => void }] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].dueMs <= untilMs && (!next || entry[1].dueMs < next[1].dueMs)) next = entry;
    }
    return next;
  }
}

/** Lets everything that waits on settled promises and on `setImmediate` run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((done) => setImmediate(done));
}

/** Reproducible chance (mulberry32). @source Tommy Ettinger's mulberry32, public domain */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { uint32, next: () => uint32() / 2 ** 32 };
}
