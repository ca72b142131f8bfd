import prometheus from 'prom-client';
import { METRICS, OTHER, SERIES_MAX_COUNT } from '../../../contracts/metrics.ts';
import type { MetricInfo } from '../../../contracts/metrics.ts';
import { assert, suite } from '../../../test/harness.ts';
import { NodeMetrics } from './node-metrics.ts';

const test = suite('node-metrics');

const linesOf = async (metrics: NodeMetrics, name: string): Promise<string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

test('names of the table are those of Prometheus and of the catalogue, each once', () => {
  const infos: MetricInfo[] = Object.values(METRICS);
  const names = infos.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  const units = { seconds: '_seconds', bytes: '_bytes', ratio: '', count: '' };
  for (const { name, type, unit, labels, buckets, help } of infos) {
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.is(name.endsWith('_total'), type === 'counter', name);
    assert.ok(name.replace(/_total$/, '').endsWith(units[unit]), name);
    assert.is(buckets !== undefined, type === 'histogram', name);
    assert.ok(help.endsWith('.') && help.length <= 120, name);
    for (const label of Object.keys(labels)) assert.match(label, /^[a-z][a-z_]*$/);
  }
  const shapes = Object.fromEntries(infos.map(({ name, labels }) => [name, Object.keys(labels)]));
  assert.equal(shapes['api_requests_total'], ['endpoint', 'method', 'status']);
  assert.equal(shapes['test_execution_duration_seconds'], ['model', 'test_category']);
  assert.equal(shapes['model_evaluation_errors_total'], ['evaluator', 'error_type']);
  assert.equal(shapes['active_websocket_connections'], ['service']);
  assert.equal(shapes['http_requests_total'], ['status']);
  assert.equal(shapes['model_evaluation_accuracy'], ['evaluator']);
});

test('counters stand at zero before their first event; a metric that only its producer brings is not there', async () => {
  const metrics = new NodeMetrics(prometheus);
  assert.equal(await linesOf(metrics, 'witan_policy_cache_lookups_total'), [
    'witan_policy_cache_lookups_total{result="hit"} 0',
    'witan_policy_cache_lookups_total{result="miss"} 0',
  ]);
  assert.equal(await linesOf(metrics, 'model_evaluation_accuracy'), []);
  metrics.gauge('evaluation_accuracy', 0.93, { evaluator: 'toxicity' });
  assert.equal(await linesOf(metrics, 'model_evaluation_accuracy'), [
    'model_evaluation_accuracy{evaluator="toxicity"} 0.93',
  ]);
});

test('a metric never has more series than its bound; the rest is one series and is counted', async () => {
  const metrics = new NodeMetrics(prometheus);
  for (let at = 0; at < SERIES_MAX_COUNT + 500; at += 1)
    metrics.count('api_requests', 1, { endpoint: `/e/${at}`, method: 'GET', status: '200' });
  const lines = await linesOf(metrics, 'api_requests_total');
  assert.is(lines.length, SERIES_MAX_COUNT);
  assert.ok(
    lines.includes(`api_requests_total{endpoint="${OTHER}",method="${OTHER}",status="${OTHER}"} 501`),
  );
  assert.equal(await linesOf(metrics, 'witan_metric_series_dropped_total{'), [
    'witan_metric_series_dropped_total{metric="api_requests_total"} 501',
  ]);
});

test('a value outside a closed set is other; labels that the table does not know are left out', async () => {
  const metrics = new NodeMetrics(prometheus);
  metrics.count('gate_denials', 1, { code: 'invented', tenant: 'acme' });
  metrics.count('gate_denials', 2, { code: 'also invented' });
  assert.ok(
    (await linesOf(metrics, 'witan_gate_denials_total')).includes(
      `witan_gate_denials_total{code="${OTHER}"} 3`,
    ),
  );
});

test('hostile label values cannot break the text, nor unknown names or kinds the caller', async () => {
  const metrics = new NodeMetrics(prometheus);
  metrics.count('ballots', 1, { seat: 'a"\n} evil 1 #', vote: 'approve' });
  metrics.count('ballots', 1, { seat: 'x'.repeat(500), vote: 'approve' });
  metrics.count('no such metric', 1);
  metrics.gauge('ballots', 1);
  metrics.observe('__proto__', 1);
  assert.is(metrics.unknownCount, 3);
  for (const line of await linesOf(metrics, 'witan_ballots_total')) assert.ok(line.length < 200, line);
  assert.not.ok((await metrics.text()).includes('\n} evil'));
});

test('a collector that fails or waits leaves the rest of the scrape whole, and scrapes share one collection', async () => {
  const metrics = new NodeMetrics(prometheus);
  let runs = 0;
  metrics.onScrape(() => {
    throw new Error('no');
  });
  metrics.onScrape(async () => {
    runs += 1;
    await Promise.resolve();
    metrics.gauge('log_entries', 7);
  });
  const [first, second] = await Promise.all([metrics.text(), metrics.text()]);
  assert.match(first!, /^witan_log_entries 7$/m);
  assert.is(first, second);
  assert.is(runs, 1);
});
