/** Dashboard and alert rules use only metrics and labels that a node exports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '../../contracts/metrics.ts';
import type { MetricInfo } from '../../contracts/metrics.ts';
import { assert, suite } from '../harness.ts';

const test = suite('telemetry-files');

const FOLDER = join(import.meta.dirname, '../../config/telemetry');
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const dashboard = JSON.parse(read('grafana-dashboard.json')) as Dashboard;
const rules = read('alerts.yaml');
const recorded = [...rules.matchAll(/record: (\S+)/g)].map(([, name]) => name!);
const infos = new Map<string, MetricInfo>(Object.values(METRICS).map((info) => [info.name, info]));

/** Labels that Prometheus itself adds. */
const TARGET_LABELS = ['job', 'instance'];
const WORDS = new Set('by without on ignoring group_left group_right bool and or unless offset'.split(' '));

/** Labels that a series has; undefined for a name that nobody exports. */
function labelsOf(name: string): readonly string[] | undefined {
  if (name === 'up' || recorded.includes(name)) return TARGET_LABELS;
  if (name === 'ALERTS') return [...TARGET_LABELS, 'alertstate', 'service'];
  const whole = infos.get(name);
  if (whole && whole.type !== 'histogram') return [...TARGET_LABELS, ...Object.keys(whole.labels)];
  const [, base = '', part] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = infos.get(base);
  if (histogram?.type !== 'histogram') return undefined;
  return [...TARGET_LABELS, ...Object.keys(histogram.labels), ...(part === 'bucket' ? ['le'] : [])];
}

/** What is wrong with the names in one expression. */
function faultsOf(expr: string): string[] {
  const faults: string[] = [];
  const known = new Set<string>();
  const bare = expr.replaceAll(/"[^"]*"/g, '""').replaceAll(/\[[^\]]*\]/g, '');
  const grouped: string[] = [];
  const series = bare.replaceAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g, (_all, names: string) => {
    grouped.push(...names.split(',').map((name) => name.trim()));
    return ' ';
  });
  for (const [, name, matchers = '', call] of series.matchAll(/([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?\s*(\()?/g)) {
    if (call === '(' || WORDS.has(name!)) continue;
    const labels = labelsOf(name!);
    if (!labels) {
      faults.push(`nobody exports ${name}`);
      continue;
    }
    for (const label of labels) known.add(label);
    for (const [, label] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (!labels.includes(label!)) faults.push(`${name} has no label ${label}`);
  }
  for (const label of grouped) if (!known.has(label)) faults.push(`nothing here has a label ${label}`);
  return faults;
}

test('the check itself sees what is wrong', () => {
  assert.equal(faultsOf('rate(witan_nothing_total[5m])'), ['nobody exports witan_nothing_total']);
  assert.equal(faultsOf('witan_held_total{seat="a"}'), ['witan_held_total has no label seat']);
  assert.equal(faultsOf('sum by (seat) (witan_held_total)'), ['nothing here has a label seat']);
  assert.equal(faultsOf('witan_append_seconds'), ['nobody exports witan_append_seconds']);
  assert.equal(
    faultsOf('histogram_quantile(0.9, sum by (le) (rate(witan_append_seconds_bucket[5m]))) > 1'),
    [],
  );
});

test('every expression of the dashboard and of the rules names metrics and labels of the table', () => {
  const panels = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const annotations = dashboard.annotations.list.map(({ expr }) => expr);
  const alerts = [...rules.matchAll(/^ +expr: (.*)$/gm)].map(([, expr]) => expr!);
  assert.ok(panels.length >= 20 && alerts.length >= 16);
  const faults = [...panels, ...annotations, ...alerts].flatMap((expr) =>
    faultsOf(expr).map((fault) => [expr, fault]),
  );
  assert.equal(faults, []);
});

test('texts of alerts name labels that their series keep', () => {
  for (const [, name, body] of rules.matchAll(/- alert: (\w+)\n([^]*?)(?=\n {6}- alert|\n\n|$)/g)) {
    const expr = /expr: (.*)/.exec(body!)![1]!;
    const grouped = /by \(([^)]*)\)/
      .exec(expr)?.[1]
      ?.split(',')
      .map((label) => label.trim());
    const metric = /(?:witan_\w+|up)\b/.exec(expr)![0];
    const labels = grouped ?? labelsOf(metric)!;
    for (const [, label] of body!.matchAll(/\$labels\.(\w+)/g))
      assert.ok(labels.includes(label!), `${name}: ${label}`);
  }
});

test('the dashboard has the title and the four panels of the catalogue, word by word, then our row', () => {
  assert.is(dashboard.title, 'Anansi Watchdog - System Overview');
  const [row] = dashboard.panels.filter(({ type }) => type === 'row');
  assert.is(row!.title, 'Witan');
  const before = dashboard.panels.slice(0, dashboard.panels.indexOf(row!));
  assert.equal(
    before.map(({ title, targets }) => [title, targets![0]!.expr]),
    [
      ['API Request Rate', 'rate(api_requests_total[5m])'],
      [
        'Test Execution Time (p95)',
        'histogram_quantile(0.95, rate(test_execution_duration_seconds_bucket[5m]))',
      ],
      ['Model Evaluation Accuracy', 'model_evaluation_accuracy{evaluator=~"toxicity|bias|hallucination"}'],
      [
        'Error Rate by Service',
        'rate(http_requests_total{status=~"5.."}[5m]) / rate(http_requests_total[5m])',
      ],
    ],
  );
});

test('the scrape jobs of the catalogue stand at port 9090', () => {
  const config = read('prometheus.yaml');
  for (const job of ['api-gateway', 'test-runner', 'evaluator'])
    assert.match(
      config,
      new RegExp(`job_name: ${job}\\n +static_configs: \\[\\{ targets: \\['[\\w.-]+:9090'\\] \\}\\]`),
    );
});
