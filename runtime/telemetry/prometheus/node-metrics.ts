/** The metrics of one node as prom-client keeps them: only what is in the table, bounded in series. */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, metricInfo, OTHER, SERIES_MAX_COUNT } from '../../../contracts/metrics.ts';
import type { LabelSet, MetricInfo, MetricKey } from '../../../contracts/metrics.ts';
import type { MetricLabels } from '../metric-register.ts';

/** The library, loaded by the caller: it costs start time where nobody wants metrics. */
export type PrometheusLibrary = Pick<
  typeof import('prom-client'),
  'Counter' | 'Gauge' | 'Histogram' | 'Registry'
>;

interface Series {
  inc?(value: number): void;
  set?(value: number): void;
  observe?(value: number): void;
}

interface Metric {
  readonly info: MetricInfo;
  readonly labelNames: readonly string[];
  readonly sets: readonly (ReadonlySet<string> | undefined)[];
  readonly of: Counter | Gauge | Histogram;
  readonly series: Map<string, Series>;
}

/** Longest value of a label; more is cut. */
const LABEL_MAX_CHARS = 120;
/** Closed sets whose product is larger are not laid out at zero. */
const ZEROS_MAX_COUNT = 100;
/** What separates label values in a key; no label value holds it. */
const SEPARATOR = '\u0000';

/**
 * Metrics of one node, in a registry of their own: several nodes of a process do not mix.
 *
 * Updates cost one look-up in a map by label values. No method throws; what the table does not know is
 * counted in `unknownCount` and dropped.
 */
export class NodeMetrics {
  readonly #library: PrometheusLibrary;
  readonly #registry: Registry;
  readonly #metrics = new Map<string, Metric>();
  readonly #collectors: (() => void | Promise<void>)[] = [];
  #unknownCount = 0;
  #collecting: Promise<void> | undefined;

  constructor(library: PrometheusLibrary) {
    this.#library = library;
    this.#registry = new library.Registry();
    for (const [key, info] of Object.entries(METRICS) as [MetricKey, MetricInfo][]) {
      if (info.onlyWhenFed !== true) this.#layOut(this.#metric(key)!);
    }
  }

  /** Media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Updates whose metric or kind is not in the table: a defect of the caller. */
  get unknownCount(): number {
    return this.#unknownCount;
  }

  count(key: string, value: number, labels: MetricLabels = {}): void {
    this.#series(key, 'counter', labels)?.inc?.(value);
  }

  gauge(key: string, value: number, labels: MetricLabels = {}): void {
    this.#series(key, 'gauge', labels)?.set?.(value);
  }

  /** Puts a value into a histogram, in the unit of the metric. */
  observe(key: string, value: number, labels: MetricLabels = {}): void {
    this.#series(key, 'histogram', labels)?.observe?.(value);
  }

  /** Forgets every series of a gauge: for those that are told anew at each scrape. */
  clear(key: MetricKey): void {
    const metric = this.#metric(key);
    metric?.of.reset();
    metric?.series.clear();
  }

  /** Runs `collector` at each scrape, before the text is made; one that fails leaves its metrics as they are. */
  onScrape(collector: () => void | Promise<void>): void {
    this.#collectors.push(collector);
  }

  /** All metrics in the text format of Prometheus. Scrapes at the same time share one collection. */
  async text(): Promise<string> {
    this.#collecting ??= this.#collect().finally(() => (this.#collecting = undefined));
    await this.#collecting;
    return this.#registry.metrics();
  }

  async #collect(): Promise<void> {
    await Promise.allSettled(this.#collectors.map(async (collector) => collector()));
  }

  #series(key: string, type: MetricInfo['type'], labels: MetricLabels): Series | undefined {
    const metric = this.#metric(key);
    if (metric?.info.type !== type) {
      this.#unknownCount += 1;
      return undefined;
    }
    const values = metric.labelNames.map((name, at) => valueOf(labels[name], metric.sets[at]));
    const id = values.length === 1 ? values[0]! : values.join(SEPARATOR);
    return metric.series.get(id) ?? this.#addSeries(metric, id, values);
  }

  #addSeries(metric: Metric, id: string, values: readonly string[]): Series {
    const limit = metric.info.seriesMaxCount ?? SERIES_MAX_COUNT;
    if (metric.series.size < limit - 1) return this.#keep(metric, id, values);
    this.count('dropped_series', 1, { metric: metric.info.name });
    const others = values.map(() => OTHER);
    const otherId = others.join(SEPARATOR);
    return metric.series.get(otherId) ?? this.#keep(metric, otherId, others);
  }

  #keep(metric: Metric, id: string, values: readonly string[]): Series {
    const series = metric.of.labels(...values) as Series;
    metric.series.set(id, series);
    return series;
  }

  #metric(key: string): Metric | undefined {
    const known = this.#metrics.get(key);
    if (known) return known;
    const info = metricInfo(key);
    if (!info) return undefined;
    const metric = this.#make(info);
    this.#metrics.set(key, metric);
    return metric;
  }

  #make(info: MetricInfo): Metric {
    const { Counter, Gauge, Histogram } = this.#library;
    const { name, help } = info;
    const labelNames = Object.keys(info.labels);
    const base = { name, help, labelNames, registers: [this.#registry] };
    const of =
      info.type === 'counter'
        ? new Counter(base)
        : info.type === 'gauge'
          ? new Gauge(base)
          : new Histogram({ ...base, buckets: [...info.buckets!] });
    const sets = Object.values(info.labels).map((set) => (set === 'open' ? undefined : new Set(set)));
    return { info, labelNames, sets, of, series: new Map() };
  }

  /** A counter that appears with its first event hides that event from `increase()`: all start at zero. */
  #layOut(metric: Metric): void {
    if (metric.info.type !== 'counter') return;
    for (const values of combinations(Object.values(metric.info.labels))) {
      this.#keep(metric, values.join(SEPARATOR), values).inc!(0);
    }
  }
}

function valueOf(given: string | undefined, set: ReadonlySet<string> | undefined): string {
  if (given === undefined) return set ? OTHER : '';
  if (set) return set.has(given) ? given : OTHER;
  const cut = given.length > LABEL_MAX_CHARS ? given.slice(0, LABEL_MAX_CHARS) : given;
  return cut.includes(SEPARATOR) ? OTHER : cut;
}

/** Every combination of closed sets; none where a set is open or there are too many. */
function combinations(sets: readonly LabelSet[]): string[][] {
  let all: string[][] = [[]];
  for (const set of sets) {
    if (set === 'open' || all.length * set.length > ZEROS_MAX_COUNT) return [];
    all = all.flatMap((values) => set.map((value) => [...values, value]));
  }
  return all;
}
