/** Case `isolation`: how much one tenant at fifty times its quota slows another down. */
import { median } from '../report/figure.ts';
import type { Row } from '../report/row.ts';
import { startBenchNode } from './bench-node.ts';
import { figureRows } from './call-rows.ts';
import { LoadProcess } from './load-process.ts';
import type { ServedFigures } from './load-process.ts';

/** Decisions a second that a tenant may submit. */
const QUOTA = 20;
/** At once: what an operator allows here, every other tenant of the node waits behind. */
const BURST = 2;
const FACTOR = 50;
/** Of the quiet tenant, below its own quota. */
const QUIET_RATE = 15;
const RATIO_MAX = 1.5;

/** How the pairs run. */
export interface PairPace {
  readonly pairCount: number;
  readonly durationMs: number;
  progress(text: string): void;
}

/**
 * Each round: the quiet tenant alone, beside a tenant at its quota, beside one at fifty times its quota. What
 * the other may use costs something too; both ratios are given.
 */
export async function isolationRows(load: LoadProcess, pace: PairPace): Promise<Row[]> {
  const { pairCount, durationMs, progress } = pace;
  const admission = { ratePerSecond: QUOTA, rateBurstCount: BURST };
  await using node = await startBenchNode({ admission });
  const path = '/api/v1/decisions/evaluate';
  const target = async (tenant: string) => ({
    wire: 'http' as const,
    port: node.ports.http,
    path,
    headers: { 'x-api-key': await node.key(tenant) },
  });
  const quiet = await target('quiet');
  const noisy = await target('noisy');
  const other = await LoadProcess.start();
  const decisions = { what: 'decisions', openCount: 32, warmUpMs: 0 } as const;
  const stretch = async (noisyRate: number, seed: number): Promise<ServedFigures> => {
    const ratePerSecond = noisyRate;
    const noise =
      noisyRate === 0
        ? undefined
        : other.run({ ...decisions, target: noisy, durationMs: durationMs + 500, ratePerSecond, seed: 99 });
    // Both run from here on; a failure of the noise must not go unheard.
    const figures = load.run({ ...decisions, target: quiet, durationMs, ratePerSecond: QUIET_RATE, seed });
    const [measured] = await Promise.all([figures, noise]);
    return measured;
  };
  try {
    progress('isolation, warming up …');
    await stretch(QUOTA, 0);
    const alone: ServedFigures[] = [];
    const atQuota: ServedFigures[] = [];
    const flooded: ServedFigures[] = [];
    for (let pair = 1; pair <= pairCount; pair += 1) {
      progress(`isolation, pair ${pair} …`);
      alone.push(await stretch(0, pair));
      atQuota.push(await stretch(QUOTA, pair));
      flooded.push(await stretch(QUOTA * FACTOR, pair));
    }
    return [
      ...medianRows('isolation', 'quiet tenant alone', alone),
      ...medianRows('isolation', `beside one at its quota, ${QUOTA}/s`, atQuota),
      ...pairedRows('isolation', `beside one at ${FACTOR}× its quota`, { runs: flooded, peers: alone }),
      ...pairedRows('isolation', `the same, to beside one at its quota`, { runs: flooded, peers: atQuota }),
    ];
  } finally {
    other.close();
  }
}

/** Rows of the run whose p99 is the median. */
export function medianRows(name: string, subject: string, runs: readonly ServedFigures[]): Row[] {
  const sorted = [...runs].sort((left, right) => left.p99Ms - right.p99Ms);
  return figureRows(name, subject, sorted[sorted.length >>> 1]!);
}

/** The same, with the median of the ratios of paired p99 on its row. */
export function pairedRows(
  name: string,
  subject: string,
  { runs, peers }: { readonly runs: readonly ServedFigures[]; readonly peers: readonly ServedFigures[] },
): Row[] {
  const ratio = median(runs.map((run, at) => run.p99Ms / peers[at]!.p99Ms));
  return medianRows(name, subject, runs).map((row) =>
    row.metric === 'p99'
      ? { ...row, ratio, target: `≤ ${RATIO_MAX}× alone`, isReached: ratio <= RATIO_MAX }
      : row,
  );
}
