/** Asks the fence before each slice: without the lease an actor takes no message and starts no effect. */
import type { Cell } from './cell.ts';
import { signalCell } from './death-watch.ts';
import { FENCE_LOST, STOPPED } from './flags.ts';

// A renewed lease is noticed this late at most when nobody calls `recheckFence`.
const RECHECK_MS = 100;

/** Updates the FENCE_LOST bit; tells the actor once per loss. A fence that throws is not held. */
export function checkFence(cell: Cell): void {
  const fence = cell.options?.fence;
  if (fence === undefined) return;
  let held = false;
  try {
    held = fence.isHeld();
  } catch (error) {
    cell.core.callbackFailed(cell, 'fence', error);
  }
  if (held) {
    cell.flags &= ~FENCE_LOST;
    return;
  }
  if ((cell.flags & FENCE_LOST) === 0) {
    cell.flags |= FENCE_LOST;
    signalCell(cell, { kind: 'lease-lost', generation: fence.generation });
  }
  const extras = cell.more();
  extras.fenceTimer ??= cell.core.clock.setTimer(RECHECK_MS, () => {
    extras.fenceTimer = undefined;
    if ((cell.flags & STOPPED) !== 0) return;
    checkFence(cell);
    cell.core.wake(cell);
  });
}
