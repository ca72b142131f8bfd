/** Metrics of a whole node: what a decision leaves behind, and what a scrape reads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, createLogTelemetry } from '../../index.ts';
import type { TelemetryPort } from '../../index.ts';
import { nullTelemetry } from '../../runtime/telemetry/null-telemetry.ts';
import { BENIGN } from './fixtures.ts';
import { assert, suite } from '../harness.ts';

const test = suite('node-metrics', { limitMs: 180_000 });

/** Value of the series whose name and labels start the line. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

test('a decision is counted with its steps, ballots and appends, and a scrape reads the node', async () => {
  await using host = await createHost({ dataDir: null, http: false });
  await host.start();
  const before = await host.inspect.metrics();
  assert.is(valueOf(before, 'witan_decisions_total{outcome="approved",decided_by="council",risk="low"}'), 0);
  const verdict = await host.submit({ ...BENIGN, council: 'always' });
  const { outcome, decidedBy, risk } = verdict.body;
  const text = await host.inspect.metrics();
  const decided = `{outcome="${outcome}",decided_by="${decidedBy}",risk="${risk}"}`;
  assert.is(valueOf(text, `witan_decisions_total${decided}`), 1);
  assert.is(valueOf(text, `witan_decision_seconds_count{decided_by="${decidedBy}"}`), 1);
  assert.is(valueOf(text, 'witan_step_seconds_count{step="checks"}'), 3);
  assert.is(valueOf(text, 'witan_ballot_seconds_count{seat="guardian"}'), 1);
  assert.is(valueOf(text, 'witan_append_seconds_count{kind="final"}'), 1);
  assert.is(valueOf(text, 'witan_policy_seconds_count'), 1);
  assert.is(valueOf(text, 'witan_policy_cache_lookups_total{result="hit"}'), 1);
  assert.ok(valueOf(text, 'witan_index_lag_entries')! <= valueOf(text, 'witan_log_entries')!);
  assert.is(valueOf(text, 'witan_open_decisions'), 0);
  assert.ok(valueOf(text, 'witan_admission_credits')! > 0);
  assert.is(valueOf(text, 'witan_actors{behavior="seat-guardian"}'), 1);
  assert.ok(valueOf(text, 'witan_mailbox_wait_seconds{behavior="seat-guardian",quantile="0.99"}')! >= 0);
  assert.ok(valueOf(text, 'witan_heap_bytes{kind="used"}')! > 1_000_000);
  assert.ok(valueOf(text, 'process_cpu_seconds_total')! > 0);
});

test('two nodes of one process keep their metrics apart', async () => {
  const nodes = await Promise.all(
    ['one', 'two'].map((name) => createHost({ dataDir: null, http: false, settings: { node: { name } } })),
  );
  await Promise.all(nodes.map((node) => node.start()));
  await nodes[0]!.submit(BENIGN);
  const [one, two] = await Promise.all(nodes.map((node) => node.inspect.metrics()));
  assert.is(valueOf(one!, 'witan_policy_seconds_count'), 1);
  assert.is(valueOf(two!, 'witan_policy_seconds_count'), 0);
  assert.ok(two!.includes('node="two"') && !two!.includes('node="one"'));
  await Promise.all(nodes.map((node) => node.stop()));
});

test('a node without metrics loads no library and says so', async () => {
  await using host = await createHost({
    dataDir: null,
    http: false,
    settings: { telemetry: { metrics: false } },
  });
  await host.start();
  const error = await host.inspect.metrics().then(
    () => undefined,
    (thrown: { code: string }) => thrown.code,
  );
  assert.is(error, 'not_supported');
});

test('the listener for scrapers serves metrics and nothing else, to whom the gate lets in', async () => {
  let onAddress: (url: string) => void = () => undefined;
  const address = new Promise<string>((resolve) => (onAddress = resolve));
  const telemetry = {
    ...nullTelemetry,
    log: (_level: string, _scope: string, _message: string, fields?: Record<string, unknown>) =>
      typeof fields?.['url'] === 'string' && onAddress(fields['url']),
  };
  await using host = await createHost({
    dataDir: null,
    settings: { http: { port: 0 }, grpc: { port: 0 }, telemetry: { metricsPort: 0 } },
    telemetry: telemetry as TelemetryPort,
  });
  await host.start();
  const url = await address;
  const answer = await fetch(url);
  assert.is(answer.status, 200);
  assert.match(await answer.text(), /^witan_info\{/m);
  assert.is((await fetch(new URL('/api/v1/tree', url))).status, 404);
  assert.is((await fetch(url, { method: 'POST' })).status, 404);
  // Behind a proxy loopback is everybody: such a caller must say who it is.
  const stranger = await fetch(url, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  assert.is(stranger.status, 401);
  const text = await host.inspect.metrics();
  assert.is(valueOf(text, 'witan_gate_denials_total{code="unauthenticated"}'), 1);
});

test('a node on a disk tells of its syncs and of the space that is left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-metrics-'));
  const host = await createHost({ dataDir: folder, http: false });
  await host.start();
  await host.submit(BENIGN);
  const text = await host.inspect.metrics();
  await host.stop();
  rmSync(folder, { recursive: true });
  assert.ok(valueOf(text, 'witan_sync_batch_entries_count')! >= 2);
  assert.ok(
    valueOf(text, 'witan_sync_batch_entries_sum')! >= valueOf(text, 'witan_sync_batch_entries_count')!,
  );
  assert.ok(valueOf(text, 'witan_disk_bytes{kind="available"}')! > 0);
});

test('operators change the level of the log while the node runs, and it is on the record', async () => {
  const lines: string[] = [];
  const telemetry = createLogTelemetry({ level: 'info', write: (text) => lines.push(text) });
  await using host = await createHost({ dataDir: null, http: false, telemetry });
  await host.start();
  telemetry.log('debug', '/test', 'before');
  const level = await host.ask('/system/telemetry', { type: 'set-level', level: 'debug' });
  assert.equal(level, { level: 'debug' });
  telemetry.log('debug', '/test', 'after');
  assert.equal(
    [lines.some((line) => line.includes('before')), lines.some((line) => line.includes('after'))],
    [false, true],
  );
  const refused = (await host.ask('/system/telemetry', { type: 'set-level', level: 'loud' })) as {
    error: { code: string };
  };
  assert.is(refused.error.code, 'invalid_argument');
});
