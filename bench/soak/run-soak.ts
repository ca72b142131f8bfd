/** The soak itself: load, faults, samples, and the comparison of the end with the beginning. */
import type { Host } from '../../index.ts';
import { startBenchHost } from '../council/bench-host.ts';
import type { BenchHost } from '../council/bench-host.ts';
import { FaultPlan } from './fault-plan.ts';
import { SoakLoad } from './soak-load.ts';
import { isFlat, RECORD_BYTES_PER_DECISION, trendOf, withoutRecord } from './slope.ts';
import type { MemoryReading } from './slope.ts';

/** How long and how hard. */
export interface SoakOptions {
  readonly minutes: number;
  /** Decisions a second, apart from bursts. */
  readonly rate: number;
  onProgress(text: string): void;
}

/** One look at the process, after a full collection. */
export interface SoakSample extends MemoryReading {
  readonly rssBytes: number;
  readonly handleCount: number;
  readonly actorCount: number;
}

/** Whether something is as it was. */
export interface SoakVerdict {
  readonly name: string;
  readonly isKept: boolean;
  readonly value: number;
  readonly unit: string;
  readonly detail: string;
}

/** What a soak found. */
export interface SoakReport {
  readonly samples: readonly SoakSample[];
  readonly totals: Readonly<Record<string, number>>;
  readonly verdicts: readonly SoakVerdict[];
}

/** Credits of the node: few, so that bursts meet the bound and a lost credit shows. */
const CREDIT_COUNT = 24;
/** Memories that a node fills by design are made small, so that they are full before the line is drawn. */
const SETTINGS = {
  // Fixed, so that the same burst finds room at the beginning and at the end.
  admission: { openDecisionMaxCount: CREDIT_COUNT, waitTargetMs: 0 },
  telemetry: { streamMaxCount: 200 },
  attempts: { rememberedMaxCount: 1_000 },
};
const SAMPLE_COUNT = 60;
/** Share of the run that fills memories and compiles code; no reading of it counts. */
const WARM_UP_SHARE = 0.3;
/** Longest time in which sessions with late ballots, restarts and connections end. */
const QUIET_MS = 30_000;

/** Runs a soak; the node and its folder are gone afterwards. */
export async function runSoak({ minutes, rate, onProgress }: SoakOptions): Promise<SoakReport> {
  await using node = await startBenchHost(SETTINGS);
  const load = new SoakLoad(node);
  const faults = new FaultPlan(node.host);
  // The database of the index opens beside the start; what it holds belongs to the beginning.
  await settled(node.host);
  await load.burst(CREDIT_COUNT);
  await settled(node.host);
  const before = await lookAt(node.host);
  const wholeMs = minutes * 60_000;
  const samples: SoakSample[] = [];
  const startMs = performance.now();
  for (let at = 1; at <= SAMPLE_COUNT; at += 1) {
    const untilMs = startMs + (wholeMs * at) / SAMPLE_COUNT;
    await Promise.all([load.run(rate, untilMs), faults.run(untilMs)]);
    const { heapBytes, rssBytes, handles, tree } = await lookAt(node.host);
    const atMs = performance.now() - startMs;
    samples.push({ atMs, heapBytes, rssBytes, handleCount: handles.length, actorCount: tree.length });
    onProgress(
      `${Math.round(atMs / 1_000)} s, ${load.totals.decided} decided, ` +
        `heap ${Math.round(heapBytes / 2 ** 20)} MiB`,
    );
  }
  await load.ended();
  await settled(node.host);
  const after = await lookAt(node.host);
  const returned = await creditsReturned(node, load);
  const totals = { ...load.totals, ...faults.totals };
  return {
    samples,
    totals,
    verdicts: [
      ...compare(samples, { before, after, decided: load.totals.decided }),
      returned,
      answered(load),
    ],
  };
}

interface Look {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly handles: readonly string[];
  readonly tree: readonly string[];
}

async function lookAt(host: Host): Promise<Look> {
  for (let pass = 0; pass < 2; pass += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, rss } = process.memoryUsage();
  const handles = process
    .getActiveResourcesInfo()
    .filter((name) => !PASSING.test(name))
    .sort();
  return {
    heapBytes: heapUsed,
    rssBytes: rss,
    handles,
    tree: host.inspect
      .tree()
      .map(({ path }) => path)
      .sort(),
  };
}

/** Work under way and timers come and go; sockets, files, threads and watchers must not add up. */
const PASSING = /^(Immediate|TickObject|Timeout|FSReqPromise|FSReqCallback|RandomBytesRequest|SignRequest)$/;

/** Resolves when the tree has stood still for two seconds and every check of the node's health is good. */
async function settled(host: Host): Promise<void> {
  let last = '';
  let sinceMs = performance.now();
  const endMs = sinceMs + QUIET_MS;
  while (performance.now() < endMs) {
    const tree = host.inspect
      .tree()
      .map(({ path }) => path)
      .join(' ');
    if (tree !== last) sinceMs = performance.now();
    last = tree;
    const isStill = performance.now() - sinceMs >= 2_000;
    if (isStill && host.inspect.health().checks.every(({ ok }) => ok)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

interface Ends {
  readonly before: Look;
  readonly after: Look;
  readonly decided: number;
}

function compare(samples: readonly SoakSample[], { before, after, decided }: Ends): SoakVerdict[] {
  const counted = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const stretchMs = (counted.at(-1)?.atMs ?? 0) - (counted[0]?.atMs ?? 0);
  const perMs = decided / Math.max(1, samples.at(-1)?.atMs ?? 1);
  const trend = trendOf(withoutRecord(counted, perMs));
  const slope = Math.round(trend.bytesPerMinute / 1_024);
  const share = (trend.growthShare * 100).toFixed(1);
  const error = Math.round(trend.errorBytesPerMinute / 1_024);
  const flat = isFlat(trend, stretchMs);
  const detail =
    `${flat ? 'flat' : 'not flat'}: ${slope} ± ${error} KiB a minute after warm-up, ` +
    `${share} % over the run, ` +
    `beside ${RECORD_BYTES_PER_DECISION} B for each recorded decision`;
  const handles = difference(before.handles, after.handles);
  const tree = difference(before.tree, after.tree);
  return [
    { name: 'memory', isKept: flat, value: trend.bytesPerMinute, unit: 'B/min', detail },
    {
      name: 'handles',
      isKept: handles === '',
      value: after.handles.length,
      unit: '',
      detail: handles || `${after.handles.length} as at the start`,
    },
    {
      name: 'tree',
      isKept: tree === '',
      value: after.tree.length,
      unit: 'actors',
      detail: tree || `${after.tree.length} actors as at the start`,
    },
  ];
}

/** A burst as large as the credits finds room for all of it only when every credit came back. */
async function creditsReturned(node: BenchHost, load: SoakLoad): Promise<SoakVerdict> {
  const before = load.totals.refused;
  await load.burst(CREDIT_COUNT);
  await settled(node.host);
  const missing = load.totals.refused - before;
  const detail = missing === 0 ? `all ${CREDIT_COUNT} free` : `${missing} of ${CREDIT_COUNT} never came back`;
  return { name: 'credits', isKept: missing === 0, value: CREDIT_COUNT - missing, unit: '', detail };
}

function answered({ totals }: SoakLoad): SoakVerdict {
  const { failed, unanswered } = totals;
  const detail =
    `${unanswered} submissions without an answer, ` + `${failed} failed in a way that no fault explains`;
  return { name: 'answers', isKept: unanswered === 0 && failed === 0, value: failed, unit: '', detail };
}

/** What one list has and the other has not; empty when they are equal. */
function difference(before: readonly string[], after: readonly string[]): string {
  const left = [...before];
  const added = after.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const parts = [...added.map((name) => `+ ${name}`), ...left.map((name) => `- ${name}`)];
  return parts.slice(0, 20).join(', ');
}
