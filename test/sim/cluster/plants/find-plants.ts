/** Looks for the seeds that show what a fence that was taken away prevents. */
import { runCluster } from '../run-cluster.ts';
import { CLUSTER_PLANTS } from './all.ts';
import type { ClusterPlant } from './cluster-plant.ts';

/** What was found of one planted fault. */
export interface FoundPlant {
  readonly plant: string;
  readonly what: string;
  /** Undefined: no seed showed it. */
  readonly seed: number | undefined;
  readonly seedCount: number;
  readonly invariant: string;
  /** What the invariant said. */
  readonly shown: string;
  readonly traceHash: string;
}

/** Runs seeds from the plant's first one on until an invariant that it breaks sees it. */
export async function findPlant(plant: ClusterPlant, seeds: number): Promise<FoundPlant> {
  const { name, what, breaks, from = 1 } = plant;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { violations, traceHash } = await runCluster(seed, { plant });
    const seen = violations.find(({ invariant }) => breaks.includes(invariant));
    if (!seen) continue;
    const seedCount = seed - from + 1;
    return { plant: name, what, seed, seedCount, invariant: seen.invariant, shown: seen.what, traceHash };
  }
  const nothing = { invariant: '', shown: '', traceHash: '' };
  return { plant: name, what, seed: undefined, seedCount: seeds, ...nothing };
}

/** All planted faults, one after the other. */
export async function findPlants(search: {
  readonly seeds: number;
  readonly onFound: (found: FoundPlant) => void;
}): Promise<FoundPlant[]> {
  const all: FoundPlant[] = [];
  for (const plant of CLUSTER_PLANTS) {
    const found = await findPlant(plant, search.seeds);
    search.onFound(found);
    all.push(found);
  }
  return all;
}

/** The table for people. */
export function plantTable(found: readonly FoundPlant[]): string {
  const rows = found.map(({ plant, what, seed, seedCount, invariant }) => {
    const where = seed === undefined ? `not within ${seedCount} seeds` : `seed ${seed}, ${seedCount} run`;
    return `${plant.padEnd(20)} ${where.padEnd(24)} ${invariant.padEnd(24)} ${what}`;
  });
  const missed = found.filter(({ seed }) => seed === undefined).length;
  return `${rows.join('\n')}\n${found.length} planted faults, ${missed} not caught\n`;
}
