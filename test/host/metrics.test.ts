/** Metrics of a whole node: what a decision leaves behind, and what a scrape reads. */
import { createHost } from '../../index.ts';
import { BENIGN } from './fixtures.ts';
import { assert, suite } from '../harness.ts';

const test = suite('node-metrics', { limitMs: 30_000 });

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
