/** Makes a restart visible that a supervisor did by starting a new actor in place of one that ended. */
import { LocalRef } from '../cell/local-ref.ts';
import type { AnyRef } from '../ref.ts';

/** Shows `restarts` at the new actor and on the tree's stream, as the kernel does for a reset. */
export function noteRestart(ref: AnyRef, restarts: number): void {
  if (!(ref instanceof LocalRef)) return;
  const { cell } = ref;
  const { core } = cell;
  cell.more().restartCount = restarts;
  if (core.events.active) core.events.emit({ kind: 'restarted', path: cell.path(), restarts });
  core.telemetry?.count('actor_restarts', 1);
}
