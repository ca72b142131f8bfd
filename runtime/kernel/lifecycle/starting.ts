/** How an actor gets its state: at spawn, and again at each reset. */
import { abandonTurn } from './abandon.ts';
import { queuedAsks } from '../cell/admission.ts';
import type { Cell } from '../cell/cell.ts';
import { contextOf, unstash } from '../cell/context.ts';
import { signalCell } from '../cell/death-watch.ts';
import { CRASHED, IDLE_LIMIT, RESETTING, STARTING, STOPPED, STOPPING } from '../cell/flags.ts';
import { noteIdle } from '../cell/measure.ts';
import { lostAsks } from '../messaging/owed-asks.ts';
import { nextChild } from './stopping.ts';
import { crash } from './supervision.ts';
import { asPromise } from '../cell/thenable.ts';

// The same back-off that supervisors use: doubling from 100 ms up to 10 s.
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;

/** Makes the state; the actor takes no message before it stands. `then` runs once it does. */
export function initialise(cell: Cell, then: () => void): void {
  const { options } = cell;
  const extras = cell.extras;
  const durable = extras?.durable;
  if (durable === undefined && options?.initialStateFunc === undefined) {
    cell.state = options?.initialState;
    then();
    return;
  }
  const made = cell.more();
  const start = (made.startCount += 1);
  made.stateMissing = true;
  cell.flags |= STARTING;
  const stands = (state: unknown): void => {
    if (made.startCount !== start || (cell.flags & STOPPED) !== 0) return;
    made.stateMissing = false;
    cell.state = state;
    cell.flags &= ~STARTING;
    then();
  };
  const failed = (error: unknown): void => {
    if (made.startCount !== start || (cell.flags & STOPPED) !== 0) return;
    cell.flags &= ~STARTING;
    crash(cell, undefined, error);
  };
  try {
    const context = contextOf(cell);
    const fresh = options?.initialStateFunc;
    const state: unknown = durable === undefined ? fresh!(context) : durable.recover(cell);
    const promise = asPromise(state);
    if (promise !== undefined) promise.then(stands, failed);
    else stands(state);
  } catch (error) {
    failed(error);
  }
}

/** Stops the children, then starts anew with a fresh state; the mailbox and the watches stay. */
export function resetCell(cell: Cell, cause: unknown): void {
  if ((cell.flags & (RESETTING | STOPPING | STOPPED)) !== 0 || cell.parent === undefined) return;
  const extras = cell.more();
  cell.flags = (cell.flags & ~CRASHED) | RESETTING;
  extras.resetCause = cause;
  extras.startCount += 1;
  cell.flags &= ~STARTING;
  abandonTurn(cell);
  extras.backoff?.cancel();
  extras.backoff = undefined;
  if (extras.timers !== undefined) for (const timer of extras.timers.values()) timer.cancel();
  extras.timers = undefined;
  lostAsks(cell, queuedAsks(cell), cause);
  // What the lost state had put aside is to be seen again.
  unstash(cell);
  extras.stopQueue = cell.children === undefined ? [] : [...cell.children.values()];
  nextChild(cell, extras);
}

/** The children of a resetting actor are gone. */
export function childrenStopped(cell: Cell): void {
  const extras = cell.more();
  // One failure may have passed by itself; a second in a row has a cause that needs time.
  if (extras.failedStartCount <= 1) {
    restart(cell);
    return;
  }
  const delayMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (extras.failedStartCount - 2));
  extras.backoff = cell.core.clock.setTimer(delayMs, () => {
    extras.backoff = undefined;
    restart(cell);
  });
}

function restart(cell: Cell): void {
  if ((cell.flags & (STOPPING | STOPPED)) !== 0) return;
  const { core } = cell;
  const extras = cell.more();
  cell.flags &= ~(RESETTING | CRASHED);
  // Behaviors that keep a context must not speak for the new incarnation.
  cell.context = undefined;
  extras.restartCount += 1;
  initialise(cell, () => {
    if (core.events.active) {
      core.events.emit({ kind: 'restarted', path: cell.path(), restarts: extras.restartCount });
    }
    core.telemetry?.count('actor_restarts', 1);
    if (cell.options?.onSignal !== undefined) {
      signalCell(cell, { kind: 'restarted', cause: extras.resetCause });
    }
    if ((cell.flags & IDLE_LIMIT) !== 0) noteIdle(cell);
    core.wake(cell);
  });
}
