/** `docs/reference/metrics.md`: every metric, off the one table. */
import { METRICS, SERIES_MAX_COUNT } from '../../contracts/metrics.ts';
import type { MetricInfo } from '../../contracts/metrics.ts';
import { code, pageHead, table } from './markdown.ts';

const LEAD = `A node serves them at \`GET /metrics\` of its HTTP door, to callers with the scope
\`operator:read\`, and at a listener of their own where \`telemetry.metricsPort\` names a port. Labels hold
names that come from code or configuration, never an id, a URL or a text; a metric has at most
${SERIES_MAX_COUNT} series, or as many as its row says, and what comes on top is counted under \`other\`.
Dashboard, alert rules and examples for Prometheus and Alertmanager lie in \`config/telemetry/\`.`;

/** Text of the page. */
export function metricsPage(): string {
  const infos: MetricInfo[] = Object.values(METRICS);
  const all = infos.sort((left, right) => (left.name < right.name ? -1 : 1));
  const rows = all.map(({ name, type, unit, labels, help, producer, onlyWhenFed, seriesMaxCount }) => [
    code(name),
    type,
    unit,
    Object.entries(labels)
      .map(([label, set]) => `${code(label)}${set === 'open' ? '' : ` (${set.length})`}`)
      .join(', '),
    help + (seriesMaxCount === undefined ? '' : ` At most ${seriesMaxCount} series.`),
    producer + (onlyWhenFed === true ? ', from its first value on' : ''),
  ]);
  const head = pageHead('Metrics', '`contracts/metrics.ts`', LEAD);
  const columns = ['metric', 'type', 'unit', 'labels (size of a closed set)', 'meaning', 'fed by'];
  return `${head}\n${table(columns, rows)}`;
}
