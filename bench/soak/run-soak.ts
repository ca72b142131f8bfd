/** The soak itself: load, faults, samples, and the comparison of the end with the beginning. */
import { startBenchHost } from '../council/bench-host.ts';
import type { BenchHost } from '../council/bench-host.ts';
import type { Disturbances } from './disturbances.ts';
import { FaultPlan } from './fault-plan.ts';
import { lookAt, settled } from './look.ts';
import { SoakLoad } from './soak-load.ts';
import type { MemoryReading } from './slope.ts';
import { memoryVerdict, sameVerdicts } from './verdicts.ts';
import type { SoakVerdict } from './verdicts.ts';

/** How long and how hard. */
export interface SoakOptions {
  readonly minutes: number;
  /** Decisions a second, apart from bursts. */
  readonly rate: number;
  readonly disturbances: Disturbances;
  onProgress(text: string): void;
}

/** One look at the process, after a full collection. */
export interface SoakSample extends MemoryReading {
  readonly rssBytes: number;
  readonly handleCount: number;
  readonly actorCount: number;
  /** Entries of the log. */
  readonly entryCount: number;
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
  actors: { deadLetterMaxCount: 50 },
};
const SAMPLE_COUNT = 60;

/** Runs a soak; the node and its folder are gone afterwards. */
export async function runSoak({ minutes, rate, disturbances, onProgress }: SoakOptions): Promise<SoakReport> {
  await using node = await startBenchHost(SETTINGS);
  const { host, ledger } = node;
  const load = new SoakLoad(node, disturbances.misuses);
  const faults = new FaultPlan(host, disturbances.faults);
  // The database of the index opens beside the start; what it holds belongs to the beginning.
  await settled(host);
  await load.burst(CREDIT_COUNT);
  await settled(host);
  const before = await lookAt(host);
  const wholeMs = minutes * 60_000;
  const samples: SoakSample[] = [];
  const startMs = performance.now();
  for (let at = 1; at <= SAMPLE_COUNT; at += 1) {
    const untilMs = startMs + (wholeMs * at) / SAMPLE_COUNT;
    await Promise.all([load.run(rate, untilMs), faults.run(untilMs)]);
    const { heapBytes, rssBytes, handles, tree } = await lookAt(host);
    const atMs = performance.now() - startMs;
    const counts = { handleCount: handles.length, actorCount: tree.length, entryCount: ledger.size() };
    samples.push({ atMs, heapBytes, rssBytes, ...counts });
    onProgress(
      `${Math.round(atMs / 1_000)} s, ${load.totals.decided} decided, ` +
        `heap ${Math.round(heapBytes / 2 ** 20)} MiB`,
    );
  }
  await load.ended();
  await settled(host);
  const after = await lookAt(host);
  const returned = await creditsReturned(node, load);
  return {
    samples,
    totals: { ...load.totals, ...faults.totals },
    verdicts: [memoryVerdict(samples), ...sameVerdicts(before, after), returned, answered(load)],
  };
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
