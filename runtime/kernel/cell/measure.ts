/** Times taken only while someone watches an actor, and the clock of actors that end when idle. */
import { Histogram } from '../inspect/histogram.ts';
import type { Cell } from './cell.ts';
import { STOPPED, STOPPING, WATCHED } from './flags.ts';

/** Starts or ends the recording of handling and waiting times. Starting again begins a new window. */
export function watchHandling(cell: Cell, on: boolean): void {
  const extras = cell.more();
  extras.handling = on ? new Histogram() : undefined;
  extras.waiting = on ? new Histogram() : undefined;
  extras.probeAhead = -1;
  if (on) cell.flags |= WATCHED;
  else cell.flags &= ~WATCHED;
}

/** Notes that a handler that began at `startMs` is done. */
export function handled(cell: Cell, startMs: number): void {
  cell.extras?.handling?.add(cell.core.clock.monotonicMs() - startMs);
}

/**
 * Starts following a message that is about to enter a watched mailbox, unless one is followed already.
 *
 * One message at a time is timed by counting those ahead of it, so that nothing is stored with a message and
 * an unwatched mailbox pays nothing. With priority lanes the count, and so the time, is an estimate.
 */
export function entering(cell: Cell): void {
  const extras = cell.extras!;
  if (extras.probeAhead >= 0) return;
  extras.probeAhead = cell.depth();
  extras.probeSinceMs = cell.core.clock.monotonicMs();
}

/** Notes that a message is taken at `nowMs`. */
export function waited(cell: Cell, nowMs: number): void {
  const extras = cell.extras!;
  if (extras.probeAhead === 0) extras.waiting?.add(nowMs - extras.probeSinceMs);
  if (extras.probeAhead >= 0) extras.probeAhead -= 1;
}

/** Restarts the time after which an idle actor stops itself. */
export function noteIdle(cell: Cell): void {
  const limitMs = cell.options?.shutdownAfterMs;
  if (limitMs === undefined) return;
  const { core } = cell;
  const extras = cell.more();
  extras.idleSinceMs = core.clock.monotonicMs();
  if (extras.idleTimer !== undefined) return;
  const look = (): void => {
    extras.idleTimer = undefined;
    if ((cell.flags & (STOPPING | STOPPED)) !== 0) return;
    const leftMs = extras.idleSinceMs + limitMs - core.clock.monotonicMs();
    if (leftMs <= 0 && cell.depth() === 0 && extras.turn === undefined) core.stopCell(cell, 'stopped');
    else extras.idleTimer = core.clock.setTimer(Math.max(leftMs, 1), look);
  };
  extras.idleTimer = core.clock.setTimer(limitMs, look);
}
