/** What is known of a metric, and what tables of metrics share. */
/** Values of one label: a closed set, or `open` for names that only code or configuration brings. */
export type LabelSet = readonly string[] | 'open';

/** What is known of one metric. */
export interface MetricInfo {
  /** Name in the text format of Prometheus. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit: 'seconds' | 'bytes' | 'ratio' | 'count';
  /** Sentence for the HELP line and the reference page. */
  readonly help: string;
  /** Labels in the order of exposition; a value outside a closed set becomes `other`. */
  readonly labels: Readonly<Record<string, LabelSet>>;
  /** Upper bounds of a histogram in its unit, ascending. */
  readonly buckets?: readonly number[];
  /** Series at most; more become one series with every label `other` (default {@link SERIES_MAX_COUNT}). */
  readonly seriesMaxCount?: number;
  /** Who feeds it. */
  readonly producer: string;
  /** True: not exported before its producer speaks; else counters start at zero. */
  readonly onlyWhenFed?: boolean;
}

/** Series of one metric where the table says nothing else. */
export const SERIES_MAX_COUNT = 1_000;

/** Value of a label that stands for all that is outside its set or past the bound. */
export const OTHER = 'other';

/** Buckets of what should take milliseconds, in seconds. */
export const FAST_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Buckets of what should take microseconds, in seconds. */
export const TINY_S = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05] as const;

/** Metric without labels. */
export const NO_LABELS = {} as const;
