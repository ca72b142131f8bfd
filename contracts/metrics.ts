/**
 * The one table of metrics: what a node counts and measures, under which name Prometheus sees it.
 *
 * Code names a metric by its key (`actor_restarts`), never by its exported name. Dashboard, alert rules and
 * reference page are checked against it.
 */
import { ACTOR_METRICS } from './metrics/actors.ts';
import { ARCHIVE_METRICS } from './metrics/archive.ts';
import { ANCHOR_METRICS } from './metrics/anchor.ts';
import { AUDIT_METRICS } from './metrics/audit.ts';
import { LOG_METRICS } from './metrics/log.ts';
import { CATALOGUE_METRICS } from './metrics/catalogue.ts';
import { CLUSTER_METRICS } from './metrics/cluster.ts';
import { DECISION_METRICS } from './metrics/decisions.ts';
import { GATE_METRICS } from './metrics/gate.ts';
import { INFERENCE_METRICS } from './metrics/inference.ts';
import { MACHINE_METRICS } from './metrics/machine.ts';
import type { MetricInfo } from './metrics/metric-info.ts';

export { OTHER, SERIES_MAX_COUNT } from './metrics/metric-info.ts';
export type { LabelSet, MetricInfo } from './metrics/metric-info.ts';

/** Every metric by its key. */
export const METRICS = {
  ...CATALOGUE_METRICS,
  ...DECISION_METRICS,
  ...INFERENCE_METRICS,
  ...ACTOR_METRICS,
  ...ARCHIVE_METRICS,
  ...LOG_METRICS,
  ...ANCHOR_METRICS,
  ...AUDIT_METRICS,
  ...GATE_METRICS,
  ...MACHINE_METRICS,
  ...CLUSTER_METRICS,
} as const satisfies Record<string, MetricInfo>;

/** Key of one metric. */
export type MetricKey = keyof typeof METRICS;

/** Info of a metric, or undefined for a key that is not in the table. */
export function metricInfo(key: string): MetricInfo | undefined {
  return Object.hasOwn(METRICS, key) ? METRICS[key as MetricKey] : undefined;
}
