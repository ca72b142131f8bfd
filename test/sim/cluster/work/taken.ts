/** Claims as they are taken: each has a higher generation than all before. */
import type { HeldClaim } from '../../../../cluster/claims/claims.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { NodeRun } from '../world/node-run.ts';

const highest = new WeakMap<ClusterWorld, Map<string, number>>();

/** Notes a claim that a run has taken, and compares it with those of the others. */
export function noteTaken(
  world: ClusterWorld,
  run: NodeRun,
  { name, fence }: Pick<HeldClaim, 'name' | 'fence'>,
): void {
  const { record } = world;
  const known = highest.get(world) ?? new Map<string, number>();
  highest.set(world, known);
  const before = known.get(name) ?? 0;
  const by = `${run.node.name}.${run.incarnation}`;
  record.count('claims taken');
  record.trace.note('took', name, fence.generation, by);
  if (fence.isHeld() && fence.generation <= before)
    record.broken('generations-rise', `${name} taken by ${by} as ${fence.generation} after ${before}`);
  known.set(name, Math.max(before, fence.generation));
  record.fences.add(name, run.lease, fence);
  world.check();
}
