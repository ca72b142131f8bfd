/** One slice of one actor: system messages, then signals, then a few user messages. */
import { Parcel, budgetOf } from '../messaging/envelope.ts';
import { admitParked, nextRing } from './admission.ts';
import { Turn } from './cell.ts';
import type { Cell, SystemMessage } from './cell.ts';
import { contextOf } from './context.ts';
import type { Context } from './context.ts';
import {
  AFTER_MESSAGE,
  BUSY,
  DURABLE,
  ENVELOPES,
  FENCED,
  FENCE_LOST,
  IDLE_LIMIT,
  NOT_RUNNABLE,
  PAUSED,
  SIGNALS,
  SLOW_SLICE,
  SPECIAL_MAILBOX,
  STOPPED,
  STOPPING,
  SYSTEM_LANE,
  TURN_END,
  WATCHED,
} from './flags.ts';
import { checkFence } from './fence.ts';
import { handled, waited, noteIdle } from './measure.ts';
import { crash } from '../lifecycle/supervision.ts';
import { asPromise, isThenable } from './thenable.ts';
import { turnClosed } from '../lifecycle/stopping.ts';

// While one of these is set even signals wait: the state belongs to someone else.
const NO_SIGNALS = NOT_RUNNABLE & ~(PAUSED | FENCE_LOST);

/**
 * Runs up to `limit` messages; true when the cell has more to do now. `handleSystem` gets system messages.
 */
export function runSlice(cell: Cell, limit: number): boolean {
  if ((cell.flags & SLOW_SLICE) !== 0) return runSlowSlice(cell, limit);
  const context = cell.context ?? contextOf(cell);
  const ring = cell.ring;
  const behavior = cell.behavior;
  ring.observe();
  try {
    for (let left = limit; left > 0 && ring.size > 0; left -= 1) {
      const origin = ring.headOrigin();
      // Most messages come without a sender: a store that changes nothing is worth a comparison.
      if (origin !== context.origin) context.origin = origin;
      const message = ring.shift();
      context.message = message;
      cell.processed += 1;
      const next = behavior(cell.state, message, context);
      if (next !== cell.state) {
        if (typeof next === 'object' && isThenable(next)) {
          openTurn(cell, next);
          return more(cell);
        }
        cell.state = next;
      }
      if ((cell.flags & AFTER_MESSAGE) !== 0) {
        endTurn(cell);
        return more(cell);
      }
    }
  } catch (error) {
    crash(cell, context.message, error);
    return more(cell);
  }
  if (ring.size > 0) return true;
  context.message = undefined;
  context.origin = undefined;
  ring.settle();
  return (cell.flags & (SYSTEM_LANE | SIGNALS | SPECIAL_MAILBOX)) !== 0 && more(cell);
}

/** Whether the cell has something that it may do now. */
export function more(cell: Cell): boolean {
  const flags = cell.flags;
  if ((flags & SYSTEM_LANE) !== 0) return true;
  if ((flags & STOPPED) !== 0) return false;
  if ((flags & SIGNALS) !== 0 && (flags & NO_SIGNALS) === 0) return true;
  return (flags & NOT_RUNNABLE) === 0 && (cell.ring.size > 0 || nextRing(cell) !== undefined);
}

function runSlowSlice(cell: Cell, limit: number): boolean {
  if ((cell.flags & SYSTEM_LANE) !== 0) runSystemLane(cell);
  if ((cell.flags & FENCED) !== 0 && (cell.flags & (STOPPING | STOPPED)) === 0) checkFence(cell);
  for (let left = limit; left > 0; left -= 1) {
    if ((cell.flags & SIGNALS) !== 0 && (cell.flags & NO_SIGNALS) === 0) {
      runSignal(cell);
      continue;
    }
    if ((cell.flags & NOT_RUNNABLE) !== 0) break;
    const ring = nextRing(cell);
    if (ring === undefined) break;
    const context = contextOf(cell);
    context.origin = ring.headOrigin();
    context.message = ring.shift();
    if (cell.extras?.parked !== undefined) admitParked(cell);
    if (dropExpired(cell, context)) continue;
    runMessage(cell, context);
    if ((cell.flags & SYSTEM_LANE) !== 0) break;
  }
  if (cell.depth() === 0) {
    cell.flags &= ~ENVELOPES;
    if ((cell.flags & (IDLE_LIMIT | STOPPED)) === IDLE_LIMIT) noteIdle(cell);
  }
  return more(cell);
}

/** Work whose budget ran out before its turn is not started. */
function dropExpired(cell: Cell, context: Context): boolean {
  if ((cell.flags & ENVELOPES) === 0 || !(context.origin instanceof Parcel)) return false;
  const budget = budgetOf(context.origin);
  if (budget === undefined || budget.remainingMs() > 0) return false;
  const { message, origin } = context;
  cell.core.deadLetter(cell.ref, { message, origin, reason: 'expired' });
  return true;
}

function runMessage(cell: Cell, context: Context): void {
  const watched = (cell.flags & WATCHED) !== 0;
  const startMs = watched ? cell.core.clock.monotonicMs() : 0;
  if (watched) waited(cell, startMs);
  cell.processed += 1;
  try {
    settleInto(cell, cell.behavior(cell.state, context.message, context));
    if (watched && (cell.flags & BUSY) === 0) handled(cell, startMs);
  } catch (error) {
    crash(cell, context.message, error);
  }
}

function runSignal(cell: Cell): void {
  const extras = cell.extras!;
  const signals = extras.signals!;
  const signal = signals.shift();
  if (signals.length === 0) {
    extras.signals = undefined;
    cell.flags &= ~SIGNALS;
  }
  if (signal === undefined) return;
  if (signal.kind === 'terminated') extras.watching?.delete(signal.ref);
  const onSignal = cell.options?.onSignal;
  if (onSignal === undefined) return;
  const context = contextOf(cell);
  context.origin = undefined;
  context.message = undefined;
  try {
    settleInto(cell, onSignal(cell.state, signal, context));
    // Progress: a later crash is not one more failed start.
    if (signal.kind !== 'restarted') extras.processedAtStart = -1;
  } catch (error) {
    crash(cell, undefined, error);
  }
}

/** Takes what a behavior gave: the next state, or a promise of it. */
function settleInto(cell: Cell, next: unknown): void {
  if (next !== cell.state && isThenable(next)) {
    openTurn(cell, next);
    return;
  }
  if ((cell.flags & DURABLE) === 0) cell.state = next;
  endTurn(cell);
}

/** Suspends the actor until its handler's promise settles; only this actor waits. */
function openTurn(cell: Cell, promise: PromiseLike<unknown>): void {
  const turn = new Turn(cell, cell.context!.message, cell.core.clock.monotonicMs());
  cell.flags |= BUSY;
  cell.more().turn = turn;
  cell.core.turnOpened(turn);
  promise.then(
    (next) => closeTurn(cell, turn, next),
    (error: unknown) => failTurn(cell, turn, error),
  );
}

function closeTurn(cell: Cell, turn: Turn, next: unknown): void {
  // An actor that was stopped without its handler has forgotten the turn.
  if (cell.extras?.turn !== turn) return;
  if ((cell.flags & DURABLE) === 0) cell.state = next;
  if ((cell.flags & WATCHED) !== 0) handled(cell, turn.startedMs);
  if ((cell.flags & TURN_END) !== 0 && awaitEvents(cell, turn)) return;
  leaveTurn(cell, turn);
  runEffects(cell);
  turnClosed(cell);
  cell.core.wake(cell);
}

function failTurn(cell: Cell, turn: Turn, error: unknown): void {
  if (cell.extras?.turn !== turn) return;
  leaveTurn(cell, turn);
  const context = contextOf(cell);
  context.origin = turn.origin;
  crash(cell, turn.message, error);
  turnClosed(cell);
}

function leaveTurn(cell: Cell, turn: Turn): void {
  cell.extras!.turn = undefined;
  cell.flags &= ~BUSY;
  cell.core.turnLeft(turn);
}

/** What a synchronous turn left behind: events to store, effects to run. */
function endTurn(cell: Cell): void {
  if ((cell.flags & TURN_END) === 0) return;
  const pending = cell.extras!.durable?.pending();
  if (pending !== undefined) openTurn(cell, pending);
  else runEffects(cell);
}

/** The handler is done but its events are not stored: the turn stays open until they are. */
function awaitEvents(cell: Cell, turn: Turn): boolean {
  const pending = cell.extras!.durable?.pending();
  if (pending === undefined) return false;
  pending.then(
    () => closeTurn(cell, turn, cell.state),
    (error: unknown) => failTurn(cell, turn, error),
  );
  return true;
}

function runEffects(cell: Cell): void {
  cell.flags &= ~TURN_END;
  const effects = cell.extras?.effects;
  if (effects === undefined) return;
  cell.extras!.effects = undefined;
  for (const effect of effects) {
    const fence = cell.options?.fence;
    if (fence !== undefined && !fence.isHeld()) {
      checkFence(cell);
      return;
    }
    try {
      asPromise(effect())?.catch((error: unknown) => cell.core.callbackFailed(cell, 'effect', error));
    } catch (error) {
      cell.core.callbackFailed(cell, 'effect', error);
    }
  }
}

function runSystemLane(cell: Cell): void {
  const extras = cell.extras!;
  while (extras.lane !== undefined) {
    const lane: SystemMessage[] = extras.lane;
    extras.lane = undefined;
    cell.flags &= ~SYSTEM_LANE;
    for (const message of lane) cell.core.handleSystem(cell, message);
  }
}
