/**
 * How an actor ends: mailbox to dead letters, open turn, children in reverse order, `afterStop`, farewell.
 */
import type { StopReason } from '../actor.ts';
import { drainToDeadLetters } from '../cell/admission.ts';
import type { AnyBehavior, Cell, CellExtras, SystemMessage } from '../cell/cell.ts';
import { contextOf } from '../cell/context.ts';
import { endWatches } from '../cell/death-watch.ts';
import { NO_RING } from '../cell/ring.ts';
import { RESETTING, SCHEDULED, STOPPED, STOPPING, SYSTEM_LANE } from '../cell/flags.ts';
import type { LocalRef } from '../cell/local-ref.ts';
import { endedAsks } from '../messaging/owed-asks.ts';
import { abandonTurn } from './abandon.ts';
import { asPromise } from '../cell/thenable.ts';

/** Posts a system message ahead of everything else. */
export function postSystem(cell: Cell, message: SystemMessage): void {
  const extras = cell.more();
  (extras.lane ??= []).push(message);
  cell.flags |= SYSTEM_LANE;
  cell.core.wake(cell);
}

/** Begins to stop a cell. From now on it takes no message; the rest happens in its own slice. */
export function stopCell(cell: Cell, reason: StopReason): void {
  if ((cell.flags & (STOPPING | STOPPED)) !== 0) return;
  cell.flags |= STOPPING;
  cell.more().stopReason = reason;
  postSystem(cell, { kind: 'stop' });
}

/** First step of a stop, in the cell's own slice. */
export function beginStop(cell: Cell): void {
  const extras = cell.more();
  extras.backoff?.cancel();
  extras.idleTimer?.cancel();
  extras.fenceTimer?.cancel();
  if (extras.timers !== undefined) for (const timer of extras.timers.values()) timer.cancel();
  extras.timers = undefined;
  drainToDeadLetters(cell);
  // An actor that stops itself in the middle of a turn may still answer what it is handling.
  endedAsks(cell, { keep: extras.selfStop ? extras.turn?.origin : undefined, reason: extras.stopReason! });
  extras.stopPhase = 'turn';
  if (extras.turn === undefined) {
    stopChildren(cell);
    return;
  }
  extras.backoff = cell.core.startGrace(cell, () => {
    if (extras.turn !== undefined) abandonTurn(cell);
    turnClosed(cell);
  });
}

/** Goes on with a stop that waited for an open turn. */
export function turnClosed(cell: Cell): void {
  const extras = cell.extras;
  if (extras?.stopPhase !== 'turn' || extras.turn !== undefined) return;
  extras.backoff?.cancel();
  stopChildren(cell);
}

function stopChildren(cell: Cell): void {
  const extras = cell.extras!;
  extras.stopPhase = 'children';
  extras.stopQueue = cell.children === undefined ? [] : [...cell.children.values()];
  nextChild(cell, extras);
}

/** Stops the children of a cell one after the other, the youngest first. */
export function nextChild(cell: Cell, extras: CellExtras): void {
  const queue: LocalRef[] | undefined = extras.stopQueue;
  if (queue === undefined) return;
  while (queue.length > 0) {
    const child = queue[queue.length - 1]!.cell;
    if ((child.flags & STOPPED) === 0) {
      stopCell(child, 'stopped');
      return;
    }
    queue.pop();
  }
  extras.stopQueue = undefined;
  if (extras.stopPhase === 'children') callAfterStop(cell, extras);
  else if ((cell.flags & RESETTING) !== 0) cell.core.childrenStopped(cell);
}

function callAfterStop(cell: Cell, extras: CellExtras): void {
  extras.stopPhase = 'after-stop';
  const afterStop = cell.options?.afterStop;
  if (afterStop === undefined) {
    finishStop(cell);
    return;
  }
  const context = contextOf(cell);
  context.origin = undefined;
  context.message = undefined;
  try {
    const promise = asPromise(afterStop(cell.state, context));
    if (promise !== undefined) {
      awaitAfterStop(cell, promise);
      return;
    }
  } catch (error) {
    cell.core.callbackFailed(cell, 'afterStop', error);
  }
  finishStop(cell);
}

/** Waits for `afterStop`, but not for ever: whoever waits for this actor's end must not hang. */
function awaitAfterStop(cell: Cell, result: Promise<unknown>): void {
  const { core } = cell;
  const timer = core.startGrace(cell, () => {
    core.callbackFailed(cell, 'afterStop', new Error('afterStop did not end in time'));
    finishStop(cell);
  });
  result.then(
    () => {
      timer.cancel();
      finishStop(cell);
    },
    (error: unknown) => {
      timer.cancel();
      core.callbackFailed(cell, 'afterStop', error);
      finishStop(cell);
    },
  );
}

/** Last step: nobody holds anything of this actor any more but its address. */
function finishStop(cell: Cell): void {
  const extras = cell.extras;
  // An `afterStop` that was given up may still end.
  if (extras === undefined || extras.stopPhase === 'done') return;
  extras.stopPhase = 'done';
  cell.flags = STOPPED | (cell.flags & SCHEDULED);
  if (extras.turn !== undefined) abandonTurn(cell);
  drainToDeadLetters(cell);
  const reason = extras.stopReason!;
  endedAsks(cell, { keep: undefined, reason });
  const { parent, core } = cell;
  parent?.children?.delete(cell.name);
  endWatches(cell, reason);
  if (core.events.active) core.events.emit({ kind: 'stopped', path: cell.path(), reason });
  const waiters = extras.stopWaiters;
  forget(cell, extras);
  if (waiters !== undefined) for (const done of waiters) done();
  // Through the parent's own slice: a deep tree must not end in a deep stack.
  if (parent?.extras?.stopQueue !== undefined) postSystem(parent, { kind: 'child-stopped' });
}

/** Stands in for the behavior of an actor that is gone; never called. */
const gone: AnyBehavior = (state) => state;

/** An address outlives its actor, in dead letters for one: it must not keep what the actor held. */
function forget(cell: Cell, extras: CellExtras): void {
  const { stopReason, stopCause } = extras;
  cell.ring = NO_RING;
  // A behavior is a closure, and what an actor knows beside its state lives in it.
  cell.behavior = gone;
  cell.state = undefined;
  cell.context = undefined;
  cell.options = undefined;
  cell.children = undefined;
  cell.extras = undefined;
  if (stopReason !== 'stopped' || stopCause !== undefined) {
    const kept = cell.more();
    kept.stopReason = stopReason;
    kept.stopCause = stopCause;
    kept.stopPhase = 'done';
  }
}
