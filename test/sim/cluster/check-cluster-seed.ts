/** A seed of the cluster simulator as the command reports it. */
import type { SeedReport } from '../check-seed.ts';
import { clusterPlantNamed } from './plants/all.ts';
import { runCluster } from './run-cluster.ts';

/** Runs a seed, with a planted fault by name where one is given. */
export async function checkClusterSeed(
  seed: number,
  { plant, keepTrace }: { readonly plant: string | undefined; readonly keepTrace: boolean },
): Promise<SeedReport> {
  const planted = plant === undefined ? undefined : clusterPlantNamed(plant);
  const { counts, ...report } = await runCluster(seed, { plant: planted, keepTrace });
  return { ...report, outcomes: counts };
}
