/** Counters, gauges and durations of one node, bounded in number. */

/** Labels of one series; values come from small closed sets. */
export type MetricLabels = Readonly<Record<string, string>>;

/** Durations of one series, ms. */
export interface DurationSummary {
  readonly count: number;
  readonly sumMs: number;
  readonly maxMs: number;
  /** Observations at or below each of {@link DURATION_BOUNDS_MS}, cumulative. */
  readonly buckets: readonly number[];
}

/** One series as it stands. */
export type MetricSample =
  | {
      readonly kind: 'counter' | 'gauge';
      readonly name: string;
      readonly labels: MetricLabels;
      readonly value: number;
    }
  | {
      readonly kind: 'duration';
      readonly name: string;
      readonly labels: MetricLabels;
      readonly value: DurationSummary;
    };

/** Upper bounds of the duration buckets, ms. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  0.1, 0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 30_000,
];

// More series than this means a label holds an open set (ids, paths); those are not kept.
const MAX_SERIES = 2_000;

interface Series {
  readonly kind: MetricSample['kind'];
  readonly name: string;
  readonly labels: MetricLabels;
  value: number;
  duration: { count: number; sumMs: number; maxMs: number; readonly buckets: number[] } | undefined;
}

/** Keeps the newest value of each series. */
export class MetricRegister {
  readonly #series = new Map<string, Series>();
  #refusedCount = 0;

  /** Updates that were not kept because the number of series is bounded. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  count(name: string, value: number, labels: MetricLabels = {}): void {
    const series = this.#find('counter', name, labels);
    if (series) series.value += value;
  }

  gauge(name: string, value: number, labels: MetricLabels = {}): void {
    const series = this.#find('gauge', name, labels);
    if (series) series.value = value;
  }

  time(name: string, elapsedMs: number, labels: MetricLabels = {}): void {
    const series = this.#find('duration', name, labels);
    if (!series) return;
    series.duration ??= { count: 0, sumMs: 0, maxMs: 0, buckets: DURATION_BOUNDS_MS.map(() => 0) };
    const { duration } = series;
    duration.count += 1;
    duration.sumMs += elapsedMs;
    duration.maxMs = Math.max(duration.maxMs, elapsedMs);
    for (let at = DURATION_BOUNDS_MS.length - 1; at >= 0 && elapsedMs <= DURATION_BOUNDS_MS[at]!; at--) {
      duration.buckets[at]! += 1;
    }
  }

  /** Every series, in order of first use. */
  samples(): MetricSample[] {
    return [...this.#series.values()].map(({ kind, name, labels, value, duration }) =>
      kind === 'duration'
        ? { kind, name, labels, value: { ...duration!, buckets: [...duration!.buckets] } }
        : { kind, name, labels, value },
    );
  }

  #find(kind: MetricSample['kind'], name: string, labels: MetricLabels): Series | undefined {
    const pairs = Object.entries(labels);
    if (pairs.length > 1) pairs.sort(([left], [right]) => (left < right ? -1 : 1));
    let id = `${kind} ${name}`;
    for (const [label, value] of pairs) id += `\u0000${label}\u0000${value}`;
    const known = this.#series.get(id);
    if (known) return known;
    if (this.#series.size >= MAX_SERIES) {
      this.#refusedCount += 1;
      return undefined;
    }
    const series: Series = { kind, name, labels: Object.fromEntries(pairs), value: 0, duration: undefined };
    this.#series.set(id, series);
    return series;
  }
}
