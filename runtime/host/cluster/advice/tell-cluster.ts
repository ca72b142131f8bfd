/** Figures of this node's part in its cluster, read at each scrape: messages, record, shards, queues. */
import type { RemotingCounters } from '../../../../cluster/remote/counters.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';
import type { WorkQueuePort } from '../../../kernel/ports/work-queue.ts';
import type { MetricKey } from '../../../../contracts/metrics.ts';
import type { MetricLabels } from '../../../telemetry/metric-register.ts';
import type { NodeMetrics } from '../../../telemetry/prometheus/node-metrics.ts';
import type { BallotNotices } from '../durable/ballot-notices.ts';
import type { SharedLog } from '../log/open-cluster-log.ts';
import type { NodeCluster } from '../node-cluster.ts';

/** Parts that are told of. */
export interface ToldCluster {
  readonly cluster: NodeCluster;
  /** Undefined on a node that may not use it. */
  readonly queue: Pick<WorkQueuePort, 'depth'> | undefined;
  readonly notices: BallotNotices;
  readonly ledger: Pick<LedgerPort, 'size'>;
  readonly log: SharedLog | undefined;
  /** Shards that this node decides. */
  readonly shardCount: () => number;
}

/** Totals by metric and labels. */
type Totals = readonly (readonly [key: MetricKey, total: number, labels: MetricLabels])[];

/** Tells at each scrape. */
export function tellCluster(metrics: NodeMetrics, parts: ToldCluster): void {
  const { cluster, queue, notices, ledger, log, shardCount } = parts;
  const tellNotices = growth(metrics);
  const tellWrites = growth(metrics);
  // Each incarnation counts from zero.
  const byRun = new WeakMap<RemotingCounters, (totals: Totals) => void>();
  metrics.onScrape(() => {
    metrics.gauge('cluster_shards', shardCount());
    tellWrites([['cluster_kv_writes', cluster.kvWriteCount, {}]]);
    tellNotices(noticeTotals(notices));
    const run = cluster.remotingNow;
    if (!run) return;
    const { counters, openAskCount } = run;
    metrics.gauge('remote_open_asks', openAskCount);
    let tell = byRun.get(counters);
    if (!tell) byRun.set(counters, (tell = growth(metrics)));
    tell(remoteTotals(counters));
  });
  metrics.onScrape(() => {
    const cell = log?.cell()?.cell;
    if (!cell) return;
    metrics.gauge('log_in_sync', cell.inSync.length);
    metrics.gauge('log_lag', Math.max(0, cell.size - ledger.size()));
  });
  if (!queue) return;
  metrics.onScrape(async () => {
    metrics.gauge('durable_waiting', await queue.depth(notices.queueName), { queue: 'ballot-notices' });
  });
}

/** Adds what totals grew by since they were told last. */
function growth(metrics: NodeMetrics): (totals: Totals) => void {
  const told = new Map<number, number>();
  return (totals) => {
    for (const [at, [key, total, labels]] of totals.entries()) {
      metrics.count(key, Math.max(0, total - (told.get(at) ?? 0)), labels);
      told.set(at, total);
    }
  };
}

function remoteTotals(counters: RemotingCounters): Totals {
  const [sent, received] = [{ direction: 'sent' }, { direction: 'received' }];
  return [
    ['remote_frames', counters.framesSent, sent],
    ['remote_frames', counters.framesReceived, received],
    ['remote_batches', counters.batchesSent, sent],
    ['remote_batches', counters.batchesReceived, received],
    ['remote_bytes', counters.bytesSent, sent],
    ['remote_bytes', counters.bytesReceived, received],
    ['remote_troubles', counters.batchesLost, { kind: 'batch-lost' }],
    ['remote_troubles', counters.batchesRepeated, { kind: 'batch-repeated' }],
    ['remote_troubles', counters.refused, { kind: 'refused' }],
    ['remote_troubles', counters.undelivered, { kind: 'undelivered' }],
    ['remote_troubles', counters.lateReplies, { kind: 'late-reply' }],
  ];
}

function noticeTotals({ sender, taker }: BallotNotices): Totals {
  const { sent, overflowed, failed } = sender.counters;
  const { handled, again, dead, lateAcks } = taker.counters;
  const results = { sent, overflowed, failed, handled, again, dead, 'late-ack': lateAcks };
  return Object.entries(results).map(([result, total]) => [
    'durable_messages',
    total,
    { queue: 'ballot-notices', result },
  ]);
}
