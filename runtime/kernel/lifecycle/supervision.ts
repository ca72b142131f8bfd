/** What happens after a crash: the actor decides, then its parents, and the decision is carried out. */
import type { CrashDecision, CrashDirective } from '../actor.ts';
import { ReplyRef } from '../messaging/reply-ref.ts';
import { senderOf } from '../messaging/envelope.ts';
import type { Cell, Fault } from '../cell/cell.ts';
import { CrashedContext } from '../cell/context.ts';
import { CRASHED, RESETTING, STOPPED, STOPPING, TURN_END } from '../cell/flags.ts';
import { describe, failCrashed } from '../messaging/owed-asks.ts';
import { postSystem } from './stopping.ts';
import { asPromise } from '../cell/thenable.ts';

/** Failed starts in a row after which an actor is stopped whatever its `onCrash` says. */
export const MAX_FAILED_STARTS = 5;
// An `onCrash` that never answers must not leave its actor hanging.
const DECISION_LIMIT_MS = 5_000;
const DIRECTIVES: ReadonlySet<string> = new Set<CrashDirective>([
  'stop',
  'stop-all',
  'stop-child',
  'stop-all-children',
  'resume',
  'reset',
  'reset-all',
  'reset-child',
  'reset-all-children',
  'escalate',
]);

/** A handler, signal handler or initial state failed: the actor takes no message until it is decided. */
export function crash(cell: Cell, message: unknown, error: unknown): void {
  const { core } = cell;
  const extras = cell.more();
  noteError(cell, error);
  const asker = senderOf(cell.context?.origin);
  if (asker instanceof ReplyRef) failCrashed(asker, cell, error);
  extras.effects = undefined;
  cell.flags &= ~TURN_END;
  extras.durable?.dropPending();
  if ((cell.flags & (STOPPING | STOPPED)) !== 0) return;
  extras.failedStartCount = cell.processed === extras.processedAtStart ? extras.failedStartCount + 1 : 0;
  extras.processedAtStart = cell.processed;
  extras.resetCause = error;
  cell.flags |= CRASHED;
  core.telemetry?.count('actor_crashes', 1);
  const fault: Fault = { faulted: cell, child: undefined, message, error, origin: cell.context?.origin };
  if (extras.durable?.isLost(error) === true || extras.failedStartCount > MAX_FAILED_STARTS) {
    carryOut(cell, fault, 'stop');
  } else {
    postSystem(cell, { kind: 'crash', fault });
  }
}

function noteError(cell: Cell, error: unknown): void {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : undefined;
  const atWallMs = cell.core.clock.wallMs();
  const lastError = { message: describe(error), atWallMs };
  cell.more().lastError = stack === undefined ? lastError : { ...lastError, stack };
}

/** Asks the `onCrash` of `decider`; runs in its slice, also while one of its own handlers is open. */
export function decide(decider: Cell, fault: Fault): void {
  if (!isWaiting(fault)) return;
  if (decider.parent === undefined) {
    carryOut(decider, fault, 'stop-child');
    return;
  }
  const onCrash = decider.options?.onCrash;
  if (onCrash === undefined) {
    carryOut(decider, fault, 'stop');
    return;
  }
  const context = new CrashedContext(decider, fault.message, fault.origin);
  let answer: unknown;
  let promise: Promise<unknown> | undefined;
  try {
    answer = onCrash(fault.message, fault.error, context, fault.child?.ref);
    promise = asPromise(answer);
  } catch (error) {
    decider.core.callbackFailed(decider, 'onCrash', error);
    answer = 'escalate';
  }
  if (promise !== undefined) awaitDecision(decider, fault, promise);
  else carryOut(decider, fault, answer);
}

function awaitDecision(decider: Cell, fault: Fault, answer: Promise<unknown>): void {
  const { core } = decider;
  let open = true;
  const settle = (decision: unknown): void => {
    if (!open) return;
    open = false;
    limit.cancel();
    if (isWaiting(fault)) postSystem(decider, { kind: 'decision', fault, decision });
  };
  const limit = core.clock.setTimer(DECISION_LIMIT_MS, () => {
    core.callbackFailed(decider, 'onCrash', new Error('onCrash did not decide in time'));
    settle('escalate');
  });
  answer.then(settle, (error: unknown) => {
    core.callbackFailed(decider, 'onCrash', error);
    settle('escalate');
  });
}

/** Whether the crashed actor still waits for a decision. */
function isWaiting({ faulted }: Fault): boolean {
  return (faulted.flags & CRASHED) !== 0 && (faulted.flags & (STOPPING | STOPPED)) === 0;
}

/** Carries a decision out, after its delay. What is no decision counts as `escalate`. */
export function carryOut(decider: Cell, fault: Fault, decision: unknown): void {
  const { directive, delayMs } = parse(decision);
  const { core } = decider;
  report(fault, directive);
  if (delayMs <= 0) {
    apply(decider, fault, directive);
    return;
  }
  const extras = fault.faulted.more();
  extras.backoff?.cancel();
  extras.backoff = core.clock.setTimer(delayMs, () => {
    extras.backoff = undefined;
    if (isWaiting(fault)) apply(decider, fault, directive);
  });
}

function parse(decision: unknown): { directive: CrashDirective; delayMs: number } {
  const isObject = typeof decision === 'object' && decision !== null;
  const plain = isObject ? (decision as Exclude<CrashDecision, string>) : undefined;
  const name: unknown = plain === undefined ? decision : plain.directive;
  const directive = typeof name === 'string' && DIRECTIVES.has(name) ? (name as CrashDirective) : 'escalate';
  const delay: unknown = plain?.delayMs;
  return { directive, delayMs: typeof delay === 'number' && delay > 0 ? delay : 0 };
}

function report({ faulted, error }: Fault, decision: string): void {
  const { core } = faulted;
  const path = faulted.path();
  if (core.events.active) core.events.emit({ kind: 'crashed', path, error: describe(error), decision });
  core.telemetry?.log('error', path, 'actor crashed', { error: describe(error), decision });
}

function apply(decider: Cell, fault: Fault, directive: CrashDirective): void {
  const child = fault.child;
  const stop = (cell: Cell): void => {
    if (cell === fault.faulted || cell === decider) {
      cell.more().stopCause ??= fault.error;
      cell.core.stopCell(cell, 'crashed');
    } else {
      cell.core.stopCell(cell, 'stopped');
    }
  };
  switch (directive) {
    case 'escalate':
      escalate(decider, fault);
      return;
    case 'stop':
      stop(decider);
      return;
    case 'stop-all':
      peersOf(decider).forEach(stop);
      return;
    case 'stop-child':
      stop(child ?? decider);
      return;
    case 'stop-all-children':
      childrenOf(decider).forEach(stop);
      break;
    case 'resume':
      break;
    case 'reset':
      reset(decider, fault.error);
      return;
    case 'reset-all':
      for (const peer of peersOf(decider)) reset(peer, fault.error);
      return;
    case 'reset-child':
      reset(child ?? decider, fault.error);
      return;
    case 'reset-all-children':
      for (const one of childrenOf(decider)) reset(one, fault.error);
      break;
  }
  // Whoever crashed and was neither stopped nor reset goes on: nobody is left waiting.
  if (isWaiting(fault) && (fault.faulted.flags & RESETTING) === 0) goOn(fault.faulted, fault.error);
  if (child !== undefined && (child.flags & CRASHED) !== 0) goOn(child, fault.error);
}

function reset(cell: Cell, cause: unknown): void {
  cell.core.resetCell(cell, cause);
}

function goOn(cell: Cell, cause: unknown): void {
  if ((cell.flags & (RESETTING | STOPPING | STOPPED)) !== 0) return;
  // A durable actor whose append failed no longer knows what is stored, and one without a state has none to
  // keep.
  if (cell.extras?.durable?.needsRecovery() === true || cell.extras?.stateMissing === true) {
    reset(cell, cause);
    return;
  }
  cell.flags &= ~CRASHED;
  cell.core.wake(cell);
}

function escalate(decider: Cell, fault: Fault): void {
  const parent = decider.parent;
  if (parent === undefined) return;
  const passed: Fault = { ...fault, child: decider };
  postSystem(parent, { kind: 'crash', fault: passed });
}

function childrenOf(cell: Cell): Cell[] {
  return [...(cell.children?.values() ?? [])].map((ref) => ref.cell);
}

function peersOf(cell: Cell): Cell[] {
  return cell.parent === undefined ? [cell] : childrenOf(cell.parent);
}
