/** A real Prometheus reads a real node, evaluates the rules that we ship, and one of them fires. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WitanError } from '../../contracts/errors.ts';
import { createHost } from '../../index.ts';
import type { TelemetryPort } from '../../index.ts';
import { nullTelemetry } from '../../runtime/telemetry/null-telemetry.ts';
import { BENIGN } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';
import type { TestBody } from '../harness.ts';
import { PROMETHEUS_MISSING, startPrometheus } from '../prometheus-server.ts';

const test = suite('prometheus', { limitMs: 180_000 });

const FOLDER = join(import.meta.dirname, '../../config/telemetry');
const RULES = join(FOLDER, 'alerts.yaml');

/** Runs a test where Prometheus is installed. */
const withPrometheus = (name: string, body: TestBody): void =>
  PROMETHEUS_MISSING === undefined ? test(name, body) : test.skip(name, PROMETHEUS_MISSING);

function promtool(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', cwd: FOLDER });
  assert.is(status, 0, stdout + stderr);
  return stdout;
}

/** A case for promtool: series minute by minute, and whether the alert fires at a minute. */
interface RuleCase {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  readonly atMin: number;
  readonly labels: Readonly<Record<string, string>> | null;
}

const RULE_CASES: readonly RuleCase[] = [
  {
    alert: 'WitanTargetAbsent',
    series: { 'up{job="witan"}': '1 0 0 0 0' },
    atMin: 4,
    labels: { job: 'witan' },
  },
  { alert: 'WitanTargetAbsent', series: { 'up{job="witan"}': '1 0 1 0 1' }, atMin: 4, labels: null },
  {
    alert: 'WitanHeldShareHigh',
    series: {
      'witan_decisions_total{outcome="held"}': '0+30x30',
      'witan_decisions_total{outcome="approved"}': '0+70x30',
    },
    atMin: 25,
    labels: {},
  },
  {
    alert: 'WitanHeldShareHigh',
    series: {
      'witan_decisions_total{outcome="held"}': '0+10x30',
      'witan_decisions_total{outcome="approved"}': '0+90x30',
    },
    atMin: 25,
    labels: null,
  },
  {
    alert: 'WitanDecisionsSlow',
    series: {
      'witan_decision_seconds_bucket{le="2.5"}': '0+10x20',
      'witan_decision_seconds_bucket{le="5"}': '0+20x20',
      'witan_decision_seconds_bucket{le="+Inf"}': '0+20x20',
    },
    atMin: 15,
    labels: {},
  },
  {
    alert: 'WitanAppendFailures',
    series: { 'witan_append_failures_total{code="storage_failed",instance="a"}': '0 0 1 1 1' },
    atMin: 3,
    labels: { code: 'storage_failed', instance: 'a' },
  },
  {
    alert: 'WitanRestarts',
    series: { 'witan_actor_restarts_total{instance="a"}': '0+3x10' },
    atMin: 8,
    labels: { instance: 'a' },
  },
  {
    alert: 'WitanDenials',
    series: { 'witan_gate_denials_total{code="unauthenticated"}': '0+600x20' },
    atMin: 15,
    labels: { code: 'unauthenticated' },
  },
  {
    alert: 'WitanEventLoopDelayed',
    series: { 'witan_event_loop_delay_seconds{quantile="0.99"}': '0.3x20' },
    atMin: 10,
    labels: { quantile: '0.99' },
  },
  { alert: 'WitanIndexLags', series: { witan_index_lag_entries: '5000x20' }, atMin: 10, labels: {} },
  {
    alert: 'WitanMailboxDeep',
    series: { 'witan_mailbox_depth{behavior="orchestrator"}': '150x20' },
    atMin: 5,
    labels: { behavior: 'orchestrator' },
  },
  {
    alert: 'WitanDiskFills',
    series: { 'witan_disk_bytes{kind="available"}': '5x20', 'witan_disk_bytes{kind="total"}': '100x20' },
    atMin: 15,
    labels: {},
  },
];

/** The rules without their annotations, which promtool would have to be told word by word. */
function plainRules(): string {
  return readFileSync(RULES, 'utf8').replaceAll(/^ {8}annotations:\n(?: {10}.*\n)+/gm, '');
}

/** Severity of each alert as its rule says it. */
function severities(): ReadonlyMap<string, string> {
  const found = plainRules().matchAll(/- alert: (\w+)\n[^]*?severity: (\w+)/g);
  return new Map([...found].map(([, alert, severity]) => [alert!, severity!]));
}

withPrometheus('rules, scrape jobs and each alert hold what promtool asks of them', () => {
  promtool('check', 'rules', 'alerts.yaml');
  promtool('check', 'config', '--syntax-only', 'prometheus.yaml');
  const severity = severities();
  const tests = RULE_CASES.map(({ alert, series, atMin, labels }) => {
    const exp_labels = { ...labels, severity: severity.get(alert), service: 'witan' };
    const exp_alerts = labels === null ? [] : [{ exp_labels }];
    return {
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{ eval_time: `${atMin}m`, alertname: alert, exp_alerts }],
    };
  });
  const folder = mkdtempSync(join(tmpdir(), 'witan-rules-'));
  const [rules, cases] = [join(folder, 'alerts.yaml'), join(folder, 'tests.json')];
  writeFileSync(rules, plainRules());
  writeFileSync(cases, JSON.stringify({ rule_files: [rules], evaluation_interval: '1m', tests }));
  promtool('test', 'rules', cases);
  rmSync(folder, { recursive: true });
});

test('the example for Alertmanager is one that Alertmanager takes', () => {
  const { error, status, stdout, stderr } = spawnSync(
    'amtool',
    ['check-config', join(FOLDER, 'alertmanager.example.yaml')],
    { encoding: 'utf8' },
  );
  assert.is(error, undefined, 'the package prometheus-alertmanager is not installed');
  assert.is(status, 0, stdout + stderr);
});

withPrometheus(
  'Prometheus reads a node, evaluates every rule, and a failing append fires its alert',
  async () => {
    let isFailing = false;
    let scrapes = 0;
    let onScraped: () => void = () => undefined;
    const scraped = new Promise<void>((resolve) => (onScraped = resolve));
    const telemetry: TelemetryPort = {
      ...nullTelemetry,
      count(name, _value, labels) {
        if (name === 'api_requests' && labels?.['endpoint'] === '/metrics' && (scrapes += 1) === 2)
          onScraped();
      },
    };
    await using host = await createHost({
      dataDir: null,
      settings: { http: { port: 0 } },
      telemetry,
      wrapLedger: (ledger) => {
        const append = ledger.append.bind(ledger);
        ledger.append = (entry, options) =>
          isFailing
            ? Promise.reject(new WitanError('storage_failed', 'the disk is full'))
            : append(entry, options);
        return ledger;
      },
    });
    await host.start();
    const { port } = host.address!;
    const prometheus = await startPrometheus(`127.0.0.1:${port}`, RULES);
    try {
      await scraped;
      isFailing = true;
      const error = await host.submit(BENIGN).then(
        () => undefined,
        (thrown: WitanError) => thrown.code,
      );
      assert.is(error, 'storage_failed');
      const { labels, annotations } = await prometheus.alert('WitanAppendFailures');
      assert.is(labels['severity'], 'page');
      assert.is(labels['code'], 'storage_failed');
      assert.ok(annotations['summary']!.includes('storage_failed'));
      const response = await fetch(`${prometheus.url}/api/v1/rules`);
      const { data } = (await response.json()) as {
        data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
      };
      const rules = data.groups.flatMap((group) => group.rules);
      assert.ok(rules.length >= 16);
      assert.equal(
        rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => [name, lastError]),
        [],
      );
    } finally {
      isFailing = false;
      await prometheus.end();
    }
  },
);
