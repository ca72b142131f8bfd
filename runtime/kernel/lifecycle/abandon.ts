/** Leaves an open turn behind: what its promise gives later is ignored, and its context refuses to act. */
import type { Cell } from '../cell/cell.ts';
import { BUSY } from '../cell/flags.ts';

/** Gives up on the open turn, if there is one. The next use makes a new context. */
export function abandonTurn(cell: Cell): void {
  const extras = cell.extras;
  const turn = extras?.turn;
  if (extras === undefined || turn === undefined) return;
  extras.turn = undefined;
  extras.effects = undefined;
  cell.flags &= ~BUSY;
  cell.core.turnLeft(turn);
  cell.context = undefined;
}
