/** Callers that ask a pool without pause, and what they wait. */
import type { LoadedModel } from '../../agents/inference/model-runner.ts';
import { InferencePools } from '../../agents/inference/pool/inference-pools.ts';
import { threadLives } from '../../runtime/host/inference/thread-life.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import { start } from '../../runtime/kernel/index.ts';
import { percentile } from '../report/figure.ts';

/** One load on one pool. */
export interface PoolLoad {
  readonly texts: readonly string[];
  /** Requests of one text each that are open at once. */
  readonly inFlight: number;
  readonly durationMs: number;
}

/** What came of it. */
export interface LoadResult {
  /** Texts a second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly batchRows: number;
}

/** A pool that is asked. */
export interface PoolSubject {
  readonly pools: InferencePools;
  readonly model: string;
  readonly clock: Parameters<typeof createBudget>[0];
}

/** The same model in two pools, one thread each: one text a run, and batches. */
export interface PoolSubjects extends AsyncDisposable {
  readonly name: string;
  readonly alone: PoolSubject;
  readonly together: PoolSubject;
}

const BATCH_ROWS = 8;
const BUDGET_MS = 60_000;

/** Starts both pools and waits until they are warm. */
export async function poolSubjects(model: LoadedModel): Promise<PoolSubjects> {
  const alone = await poolOf(model, 1);
  const together = await poolOf(model, BATCH_ROWS);
  return {
    name: `batches of up to ${BATCH_ROWS}`,
    alone,
    together,
    async [Symbol.asyncDispose]() {
      await Promise.all([alone.stop(), together.stop()]);
    },
  };
}

/** Asks for a while. @throws what a request throws: none may fail */
export async function runLoad(
  { pools, model, clock }: PoolSubject,
  { texts, inFlight, durationMs }: PoolLoad,
): Promise<LoadResult> {
  const waitedMs: number[] = [];
  const budget = createBudget(clock, BUDGET_MS);
  const [before] = await pools.status();
  const startMs = performance.now();
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let nowMs = startMs; nowMs < startMs + durationMs;) {
      await pools.infer({ model, texts: [texts[(next += 1) % texts.length]!] }, budget);
      const doneMs = performance.now();
      waitedMs.push(doneMs - nowMs);
      nowMs = doneMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const tookMs = performance.now() - startMs;
  budget.release();
  const [after] = await pools.status();
  return {
    rate: (waitedMs.length * 1_000) / tookMs,
    p50Ms: percentile(waitedMs, 0.5),
    p99Ms: percentile(waitedMs, 0.99),
    batchRows: (after!.rows - before!.rows) / (after!.batches - before!.batches),
  };
}

async function poolOf(
  model: LoadedModel,
  rowMaxCount: number,
): Promise<PoolSubject & { stop(): Promise<void> }> {
  const system = start({});
  const { clock } = system;
  // A model made for this bench lives on a thread of this bench; the others on that of a node.
  const isTiny = model.manifest.id.startsWith('bench/');
  const entry = isTiny
    ? { name: 'pool-tiny-worker', beside: import.meta.url }
    : { name: 'inference-worker', beside: new URL('../../runtime/host/inference/x', import.meta.url).href };
  const startLife = threadLives({
    clock,
    entry: { ...entry, beside: sameEnding(entry.beside) },
    hangMs: 60_000,
    startMs: 120_000,
  });
  const pools = new InferencePools({
    system,
    lookup: () => model,
    poolOptions: () => ({
      startLife,
      workerCount: 1,
      devices: ['cpu'],
      limits: { rowMaxCount, costMax: 4_096, waitMs: 1 },
      queueRowMax: 4_096,
      queueCharacterMax: 8_000_000,
    }),
  });
  const budget = createBudget(clock, BUDGET_MS);
  await pools.infer({ model: model.ref, texts: ['Hello.'] }, budget);
  budget.release();
  const stop = async (): Promise<void> => {
    await pools.close();
    await system.stop();
  };
  return { pools, model: model.ref, clock, stop };
}

/** Source beside source, built beside built. */
function sameEnding(url: string): string {
  return /\.[jt]s$/.test(url) ? url : url + (import.meta.url.endsWith('.ts') ? '.ts' : '.js');
}
