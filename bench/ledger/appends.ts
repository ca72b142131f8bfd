/** Writers that each wait for their entry before they write the next. */
import { percentile } from '../report/figure.ts';

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
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  const writer = async (): Promise<void> => {
    for (let nowMs = performance.now(); nowMs - startMs < durationMs;) {
      await append();
      const doneMs = performance.now();
      latenciesMs.push(doneMs - nowMs);
      nowMs = doneMs;
    }
  };
  await Promise.all(Array.from({ length: writerCount }, writer));
  const elapsedMs = performance.now() - startMs;
  return {
    rate: (latenciesMs.length / elapsedMs) * 1_000,
    p50: percentile(latenciesMs, 0.5),
    p99: percentile(latenciesMs, 0.99),
  };
}
