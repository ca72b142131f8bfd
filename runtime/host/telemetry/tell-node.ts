/** Figures that are read off a running node at each scrape, and those that its events bring. */
import type { CreditSemaphore } from '../../kernel/credit-semaphore.ts';
import { decisionMetrics } from '../../telemetry/decision-metrics.ts';
import type { NodeTelemetry } from '../../telemetry/node-telemetry.ts';
import type { NodeMetrics } from '../../telemetry/prometheus/node-metrics.ts';
import { tellProcess } from '../../telemetry/prometheus/process-figures.ts';
import { tellTree } from '../../telemetry/prometheus/tree-figures.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { EvaluationThreads } from '../evaluation/evaluation-threads.ts';
import type { NodeStores } from '../record/open-stores.ts';

/** Parts of a node that are told of. */
export interface ToldParts {
  readonly system: ActorSystem;
  readonly stores: NodeStores;
  readonly threads: EvaluationThreads | undefined;
}

/** Follows the node until its telemetry is closed. */
export function tellNode(telemetry: NodeTelemetry, parts: ToldParts): void {
  const { system, stores, threads } = parts;
  stores.events.subscribeAll(decisionMetrics(telemetry));
  const { metrics } = telemetry;
  if (!metrics) return;
  tellTree(system, metrics);
  tellStores(metrics, stores);
  if (threads) tellThreads(metrics, threads);
  const figures = tellProcess(metrics, stores.folder?.root ?? null);
  telemetry.onClose(() => figures.close());
}

/** Tells how many decisions are open and how many may be. */
export function tellAdmission(telemetry: NodeTelemetry, admission: CreditSemaphore): void {
  const { metrics } = telemetry;
  metrics?.onScrape(() => {
    metrics.gauge('open_decisions', admission.inUse);
    metrics.gauge('credits', admission.credits);
  });
}

function tellStores(metrics: NodeMetrics, { ledger, index }: NodeStores): void {
  metrics.onScrape(async () => {
    const size = ledger.size();
    metrics.gauge('log_entries', size);
    metrics.gauge('index_lag', Math.max(0, size - (await index.position())));
  });
}

function tellThreads(metrics: NodeMetrics, threads: EvaluationThreads): void {
  metrics.onScrape(() => {
    const { threadCount, liveCount, waitingCount } = threads.info();
    metrics.gauge('evaluation_threads', threadCount, { state: 'configured' });
    metrics.gauge('evaluation_threads', liveCount, { state: 'live' });
    metrics.gauge('evaluation_queue', waitingCount);
  });
}
