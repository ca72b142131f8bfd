/** Load on a submit function: closed loops, and an open loop that never waits for answers. */
import { WitanError } from '../../contracts/errors.ts';
import { percentile } from '../report/figure.ts';

/** What became of a stretch of load. Times in ms. */
export interface LoadResult {
  readonly offeredCount: number;
  readonly doneCount: number;
  /** Refused with `overloaded` and a time to come back. */
  readonly refusedCount: number;
  readonly failedCount: number;
  /** Codes of the failures, with their number. */
  readonly failures: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  /** Verdicts a second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of this process for each verdict, all threads. */
  readonly cpuMsEach: number;
}

/** One submission. */
export type Submit = () => Promise<unknown>;

/** Open submissions of the open loop; one more is counted as a failure `not-sent`. */
const OPEN_MAX_COUNT = 20_000;

/** Keeps `openCount` submissions open for `durationMs`; each starts when the one before it has ended. */
export async function closedLoop(submit: Submit, openCount: number, durationMs: number): Promise<LoadResult> {
  const log = new LoadLog();
  const loop = async (): Promise<void> => {
    while (log.elapsedMs() < durationMs) await log.follow(submit, performance.now());
  };
  await Promise.all(Array.from({ length: openCount }, loop));
  return log.result(log.elapsedMs());
}

/**
 * Submits `ratePerSecond` times a second, whatever comes back; a latency counts from the moment at which the
 * submission was due, so a load that falls behind cannot hide it.
 */
export async function openLoop(
  submit: Submit,
  ratePerSecond: number,
  durationMs: number,
): Promise<LoadResult> {
  const log = new LoadLog();
  const open = new Set<Promise<void>>();
  const startMs = performance.now();
  const total = Math.floor((ratePerSecond * durationMs) / 1_000);
  for (let sent = 0; sent < total;) {
    const dueCount = Math.min(total, Math.floor(((performance.now() - startMs) * ratePerSecond) / 1_000) + 1);
    for (; sent < dueCount; sent += 1) {
      const dueMs = startMs + (sent * 1_000) / ratePerSecond;
      if (open.size >= OPEN_MAX_COUNT) {
        log.fail('not-sent');
        continue;
      }
      const followed = log.follow(submit, dueMs).finally(() => open.delete(followed));
      open.add(followed);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const offeredMs = Math.max(durationMs, performance.now() - startMs);
  const doneInTime = log.doneCount;
  await Promise.all(open);
  return log.result(offeredMs, doneInTime);
}

class LoadLog {
  readonly #startMs = performance.now();
  readonly #cpu = process.cpuUsage();
  readonly #latenciesMs: number[] = [];
  readonly #failures: Record<string, number> = {};
  #offered = 0;
  #refused = 0;

  get doneCount(): number {
    return this.#latenciesMs.length;
  }

  elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  async follow(submit: Submit, dueMs: number): Promise<void> {
    this.#offered += 1;
    try {
      await submit();
      this.#latenciesMs.push(performance.now() - dueMs);
    } catch (error) {
      const code = error instanceof WitanError ? error.code : 'unknown';
      const retryAfterMs = error instanceof WitanError ? error.details['retryAfterMs'] : undefined;
      if (code !== 'overloaded' || typeof retryAfterMs !== 'number') return this.fail(code);
      this.#refused += 1;
      // A caller of a closed loop comes back when it was told to.
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }

  fail(code: string): void {
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
  }

  /** @param doneInTime Verdicts that came while load was offered; what came after is latency, not rate. */
  result(elapsedMs: number, doneInTime = this.doneCount): LoadResult {
    const { user, system } = process.cpuUsage(this.#cpu);
    const failedCount = Object.values(this.#failures).reduce((sum, count) => sum + count, 0);
    return {
      offeredCount: this.#offered,
      doneCount: this.doneCount,
      refusedCount: this.#refused,
      failedCount,
      failures: { ...this.#failures },
      elapsedMs,
      rate: (doneInTime / elapsedMs) * 1_000,
      p50Ms: percentile(this.#latenciesMs, 0.5),
      p99Ms: percentile(this.#latenciesMs, 0.99),
      cpuMsEach: (user + system) / 1_000 / Math.max(1, this.doneCount),
    };
  }
}
