/** Autoscalers of several nodes: what they hear of each other, what they say and count, and who says it. */
import type { ScaleAdvice } from '../../contracts/messages/cluster/load.ts';
import { topicSubject } from '../../contracts/cluster-names.ts';
import { loadSettings } from '../../config/loader.ts';
import { METRICS } from '../../contracts/metrics.ts';
import {
  ADVICE_TOPIC,
  LOAD_TOPIC,
  scaleTerms,
  spawnAutoscaler,
} from '../../runtime/host/cluster/advice/autoscaler.ts';
import type { AutoscalerMessage } from '../../runtime/host/cluster/advice/autoscaler.ts';
import { countedKv } from '../../runtime/host/cluster/advice/counted-kv.ts';
import { Latencies, NodeLoad } from '../../runtime/host/cluster/advice/node-load.ts';
import type { OwnFigures } from '../../runtime/host/cluster/advice/node-load.ts';
import { tellCluster } from '../../runtime/host/cluster/advice/tell-cluster.ts';
import type { ToldCluster } from '../../runtime/host/cluster/advice/tell-cluster.ts';
import type { TelemetryPort } from '../../runtime/kernel/ports/telemetry.ts';
import { query, SimClock, Simulation, start } from '../../runtime/kernel/index.ts';
import { MemoryBus } from '../../runtime/store/memory/memory-bus.ts';
import { MemoryKv } from '../../runtime/store/memory/memory-kv.ts';
import { NodeMetrics } from '../../runtime/telemetry/prometheus/node-metrics.ts';
import * as prometheus from 'prom-client';
import { assert, suite } from '../harness.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';

const test = suite('autoscaler');
const { settings } = loadSettings({ code: {} });
const IDLE: OwnFigures = {
  ...{ cpuShare: 0.1, memoryShare: 0.1, loopLagMs: 1, mailboxDepth: 0, admissionWaiting: 0, creditShare: 0 },
  ...{ evaluationWaiting: 0, latencyP95Ms: 10, kvWritesPerS: 2 },
};

/** Nodes that hear each other; `a` and `b` decide. */
function town() {
  const sim = new Simulation(1);
  const bus = new MemoryBus({ clock: sim.clock });
  const loads = new Map<string, OwnFigures>();
  const said: ScaleAdvice[] = [];
  const lines: string[] = [];
  const told = new Map<string, number>();
  void bus.subscribe(topicSubject('test', ADVICE_TOPIC), ({ data }) => {
    said.push(JSON.parse(new TextDecoder().decode(data)) as ScaleAdvice);
  });
  const make = (name: string) => {
    loads.set(name, IDLE);
    const system = start({
      node: name,
      clock: sim.clock,
      scheduler: sim.scheduler,
      random: sim.random.fork(),
    });
    const figures = new Map<string, number>();
    const key = (of: string, labels: object = {}): string => `${of} ${Object.values(labels).join()}`;
    const telemetry: Pick<TelemetryPort, 'log' | 'gauge' | 'count'> = {
      log: (_level, _scope, message) => void lines.push(`${name}: ${message}`),
      gauge: (of, value, labels) => void figures.set(key(of, labels), value),
      count: (of, n, labels) => void figures.set(key(of, labels), (figures.get(key(of, labels)) ?? 0) + n),
    };
    const ref = spawnAutoscaler(system, {
      ...{ cluster: 'test', bus, telemetry, settings: settings.scaling },
      self: () => ({ node: name, incarnation: '00000000000000aa' }),
      look: () => (told.set(name, (told.get(name) ?? 0) + 1), loads.get(name)!),
      deciding: () =>
        new Map([
          ['a', 100],
          ['b', 156],
        ]),
    });
    const advice = (): Promise<ScaleAdvice> =>
      sim.until(
        query<AutoscalerMessage, ScaleAdvice>(ref, (replyTo) => ({ type: 'advice', replyTo }), {
          timeoutMs: 100,
          via: system,
        }),
      );
    return { name, figures, advice };
  };
  return { sim, bus, loads, said, lines, nodes: ['a', 'b', 'c'].map(make) };
}

const firing = ({ triggers }: ScaleAdvice): string[] =>
  triggers.filter(({ isFiring }) => isFiring).map(({ name }) => name);

test('each node comes to the same advice, and one of them says it when it changes', async () => {
  const { sim, loads, said, lines, nodes } = town();
  assert.equal((await nodes[0]!.advice()).isKnown, false);
  await sim.advance(120_000);
  for (const node of nodes) {
    const { action, nodes: count, wanted, isKnown } = await node.advice();
    assert.equal({ action, count, wanted, isKnown }, { action: 'hold', count: 2, wanted: 2, isKnown: true });
  }
  assert.equal(said, []);
  for (const name of ['a', 'b']) loads.set(name, { ...IDLE, mailboxDepth: 140 });
  // A node that decides nothing is no part of it.
  loads.set('c', { ...IDLE, cpuShare: 1 });
  await sim.advance(90_000);
  const all = await Promise.all([nodes[0]!.advice(), nodes[1]!.advice(), nodes[2]!.advice()]);
  for (const advice of all) {
    assert.equal([advice.action, advice.nodes, firing(advice)], ['scale-out', 2, ['mailbox']]);
  }
  assert.ok(said.length >= 1 && said.every(({ action }) => action === 'scale-out'));
  assert.equal([...new Set(lines)], ['a: scale advice']);
  assert.is(said.filter(({ wanted }) => wanted === said[0]!.wanted).length, 1, 'said once, by one');
  const { figures } = nodes[1]!;
  const value = (name: string, label = ''): number | undefined => figures.get(`${name} ${label}`);
  assert.is(value('scale_nodes'), 2);
  assert.is(value('scale_wanted'), all[1]!.wanted);
  assert.ok((value('scale_pressure', 'mailbox') ?? 0) > 1);
  assert.is(value('scale_changes', 'scale-out'), said.length);
});

test('what is not understood is left out, and a node that falls silent does not count', async () => {
  const { sim, bus, nodes } = town();
  const subject = topicSubject('test', LOAD_TOPIC);
  for (const text of ['', '{', '{"format":"witan-load/9"}', 'x'.repeat(5_000)]) {
    bus.publish(subject, new TextEncoder().encode(text));
  }
  // Whoever speaks in another's name does not change what that one knows of itself.
  const forged = { format: 'witan-load/1', node: 'a', incarnation: '00000000000000aa', ...IDLE, cpuShare: 1 };
  bus.publish(subject, new TextEncoder().encode(JSON.stringify({ ...forged, addedLater: 1 })));
  await sim.advance(120_000);
  assert.equal(firing(await nodes[0]!.advice()), []);
  assert.is((await nodes[0]!.advice()).isKnown, true);
});

test('thresholds are those of the settings, by the rows of the catalogue', () => {
  const { thresholds } = scaleTerms(settings.scaling);
  const { cpu, memory, mailbox, latency } = thresholds;
  assert.equal({ cpu, memory, mailbox, latency }, { cpu: 0.7, memory: 0.8, mailbox: 100, latency: 250 });
});

test('a node measures its own load', async () => {
  const clock = new SimClock();
  const system = start({ clock });
  let writes = 0;
  const kv = countedKv(new MemoryKv(), () => (writes += 1));
  const load = new NodeLoad({
    ...{ system, clock, beatMs: 500, evaluationWaiting: () => 3, kvWriteCount: () => writes },
    events: { subscribeAll: () => () => undefined } as never,
    admission: () => ({ waiting: 2, inUse: 5, credits: 10 }) as never,
  });
  const revision = await kv.create('k', Uint8Array.of(1));
  await kv.update('k', Uint8Array.of(2), revision);
  await kv.put('k', Uint8Array.of(3));
  await kv.delete('k');
  await kv.get('k');
  clock.advance(1_000);
  const figures = load.look();
  const { admissionWaiting, creditShare, evaluationWaiting, kvWritesPerS } = figures;
  assert.equal(
    { admissionWaiting, creditShare, evaluationWaiting, kvWritesPerS },
    { admissionWaiting: 2, creditShare: 0.5, evaluationWaiting: 3, kvWritesPerS: 6 },
  );
  assert.ok(figures.memoryShare > 0 && figures.memoryShare <= 1 && figures.cpuShare <= 1);
  clock.advance(1_000);
  assert.is(load.look().kvWritesPerS, 2, 'since the look before');
  load.close();
});

test('times of decisions: the 95th of a hundred, once', () => {
  const clock = new SimClock();
  const latencies = new Latencies(clock);
  const tell = (type: 'opened' | 'final', n: number): void => {
    void latencies.onEvent({ type, decisionId: `d${n}` as DecisionId } as never);
  };
  for (let n = 1; n <= 100; n++) {
    tell('opened', n);
    clock.advance(n);
    tell('final', n);
  }
  tell('final', 500);
  assert.is(latencies.take(), 95);
  assert.is(latencies.take(), 0);
});

test('figures of remoting, record and queues are metrics of the table; a new incarnation counts on', async () => {
  const metrics = new NodeMetrics(prometheus);
  const counters = { framesSent: 5, framesReceived: 4, batchesSent: 3, batchesReceived: 2, bytesSent: 100 };
  const more = {
    bytesReceived: 90,
    batchesLost: 1,
    batchesRepeated: 0,
    refused: 2,
    undelivered: 0,
    lateReplies: 1,
  };
  let run = { counters: { ...counters, ...more }, openAskCount: 7 };
  const parts = {
    cluster: {
      kvWriteCount: 12,
      get remotingNow() {
        return run;
      },
    },
    queue: { depth: async () => 3 },
    notices: {
      queueName: 'test_ballot-notices',
      sender: { counters: { sent: 6, overflowed: 1, failed: 0 } },
      taker: { counters: { handled: 4, again: 2, dead: 1, lateAcks: 0 } },
    },
    ledger: { size: () => 40 },
    log: { cell: () => ({ cell: { inSync: [1, 2], size: 50 } }) },
    shardCount: () => 85,
  } as unknown as ToldCluster;
  tellCluster(metrics, parts);
  await metrics.text();
  run = { counters: { ...counters, ...more, framesSent: 2 }, openAskCount: 0 };
  const text = await metrics.text();
  for (const line of [
    'witan_remote_frames_total{direction="sent"} 7',
    'witan_remote_frames_total{direction="received"} 8',
    'witan_remote_troubles_total{kind="refused"} 4',
    'witan_remote_open_asks 0',
    'witan_cluster_kv_writes_total 12',
    'witan_cluster_shards 85',
    'witan_log_in_sync_members 2',
    'witan_log_lag_entries 10',
    'witan_durable_messages_total{queue="ballot-notices",result="dead"} 1',
    'witan_durable_messages_total{queue="ballot-notices",result="sent"} 6',
    'witan_durable_waiting{queue="ballot-notices"} 3',
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
  assert.is(metrics.unknownCount, 0);
  assert.ok(Object.keys(METRICS).includes('cluster_members'));
});
