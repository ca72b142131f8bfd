/** Figures of the process and of the machine (OBS-19): processor, memory, event loop, disk, network. */
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import { constants, monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import type { PerformanceEntry } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { NodeMetrics } from './node-metrics.ts';

/** Figures that are being kept; closing ends the measurement. */
export interface ProcessFigures {
  close(): void;
}

interface GcDetail {
  readonly detail?: { readonly kind?: number };
}

const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak',
};
const NS_PER_S = 1e9;
const LOOP_RESOLUTION_MS = 10;

/** Starts the measurement; `dataDir` is where the node writes, null where it writes nothing. */
export function tellProcess(metrics: NodeMetrics, dataDir: string | null): ProcessFigures {
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  const pauses = new PerformanceObserver((list) => {
    // The type of an entry leaves out what Node adds to those of the collector.
    for (const { duration, detail } of list.getEntries() as (PerformanceEntry & GcDetail)[]) {
      metrics.observe('gc', duration / 1_000, { kind: GC_KINDS[detail?.kind ?? -1] ?? 'other' });
    }
  });
  pauses.observe({ entryTypes: ['gc'] });
  const tellCpu = cpuTeller(metrics);
  let use = performance.eventLoopUtilization();
  metrics.gauge('start_time', (performance.timeOrigin || 0) / 1_000);
  metrics.onScrape(() => {
    tellCpu();
    tellMemory(metrics);
    // The histogram counts from one turn of its timer to the next: its resolution is no delay.
    const delay = (ns: number): number => Math.max(0, ns / NS_PER_S - LOOP_RESOLUTION_MS / 1_000);
    metrics.gauge('loop_delay', delay(loop.percentile(50)), { quantile: '0.5' });
    metrics.gauge('loop_delay', delay(loop.percentile(99)), { quantile: '0.99' });
    metrics.gauge('loop_delay', delay(loop.max), { quantile: '1' });
    loop.reset();
    const now = performance.eventLoopUtilization();
    metrics.gauge('loop_use', performance.eventLoopUtilization(now, use).utilization);
    use = now;
  });
  metrics.onScrape(() => tellDisk(metrics, dataDir));
  metrics.onScrape(networkTeller(metrics));
  return {
    close: () => {
      loop.disable();
      pauses.disconnect();
    },
  };
}

function cpuTeller(metrics: NodeMetrics): () => void {
  let last = 0;
  return () => {
    const { user, system } = process.cpuUsage();
    metrics.count('cpu', (user + system - last) / 1e6);
    last = user + system;
  };
}

function tellMemory(metrics: NodeMetrics): void {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  metrics.gauge('resident_memory', rss);
  const kinds = { used: heapUsed, total: heapTotal, limit: getHeapStatistics().heap_size_limit, external };
  for (const [kind, bytes] of Object.entries(kinds)) metrics.gauge('heap', bytes, { kind });
  metrics.gauge('load', loadavg()[0] ?? 0);
  metrics.gauge('cores', availableParallelism());
  metrics.gauge('host_memory', totalmem(), { kind: 'total' });
  metrics.gauge('host_memory', freemem(), { kind: 'free' });
}

async function tellDisk(metrics: NodeMetrics, dataDir: string | null): Promise<void> {
  if (dataDir === null) return;
  const { bsize, blocks, bavail } = await statfs(dataDir);
  metrics.gauge('disk', bsize * blocks, { kind: 'total' });
  metrics.gauge('disk', bsize * bavail, { kind: 'available' });
}

/** Sums over interfaces can fall when one goes away: only growth is counted. */
function networkTeller(metrics: NodeMetrics): () => Promise<void> {
  let last: { received: number; sent: number } | undefined;
  return async () => {
    if (process.platform !== 'linux') return;
    const now = networkBytes(await readFile('/proc/self/net/dev', 'utf8'));
    const { received, sent } = last ?? { received: 0, sent: 0 };
    metrics.count('network', Math.max(0, now.received - received), { direction: 'received' });
    metrics.count('network', Math.max(0, now.sent - sent), { direction: 'sent' });
    last = now;
  };
}

function networkBytes(text: string): { received: number; sent: number } {
  let received = 0;
  let sent = 0;
  for (const line of text.split('\n')) {
    const [name, figures] = line.split(':');
    if (figures === undefined || name!.trim() === 'lo') continue;
    const columns = figures.trim().split(/\s+/).map(Number);
    received += columns[0] ?? 0;
    sent += columns[8] ?? 0;
  }
  return { received, sent };
}
