/** Writers that each wait for their entry before they write the next. */
import { percentile } from '../report/figure.ts';

/** Entries that are measured in a millisecond at most. */
const MAX_PER_MS = 2_000;

/** What a number of writers got done. */
export interface AppendFigures {
  /** Durable entries a second. */
  readonly rate: number;
  /** Milliseconds from call to receipt. */
  readonly p50: number;
  readonly p99: number;
}

/** Runs `writerCount` writers for `durationMs`. */
export async function measureAppends(
  append: () => Promise<unknown>,
  { writerCount, durationMs }: { readonly writerCount: number; readonly durationMs: number },
): Promise<AppendFigures> {
  // Of one piece: an array that grows is copied by the garbage collector, in the middle of what is measured.
  const latenciesMs = new Float64Array(Math.ceil(MAX_PER_MS * durationMs));
  let count = 0;
  const startMs = performance.now();
  const writer = async (): Promise<void> => {
    for (let nowMs = performance.now(); nowMs - startMs < durationMs;) {
      await append();
      const doneMs = performance.now();
      latenciesMs[count] = doneMs - nowMs;
      count += 1;
      nowMs = doneMs;
    }
  };
  await Promise.all(Array.from({ length: writerCount }, writer));
  const elapsedMs = performance.now() - startMs;
  if (count > latenciesMs.length) throw new RangeError(`more than ${MAX_PER_MS} entries a millisecond`);
  const measured = [...latenciesMs.subarray(0, count)];
  return {
    rate: (count / elapsedMs) * 1_000,
    p50: percentile(measured, 0.5),
    p99: percentile(measured, 0.99),
  };
}
