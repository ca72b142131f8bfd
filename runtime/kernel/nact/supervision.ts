/** nact's supervision actions, and what they are called in the kernel. */
import type { CrashDirective } from '../actor.ts';

/** What an `onCrash` may return; also found on its context. */
export const SupervisionActions = {
  /** Stops the actor that decides. */
  stop: Symbol('stop'),
  /** Stops the actor that decides and its peers. */
  stopAll: Symbol('stopAll'),
  /** Stops the child that crashed. */
  stopChild: Symbol('stopChild'),
  stopAllChildren: Symbol('stopAllChildren'),
  /** Leaves the decision to the parent. */
  escalate: Symbol('escalate'),
  /** Goes on with the next message. */
  resume: Symbol('resume'),
  /** Fresh state for the actor that decides; its children stop. */
  reset: Symbol('reset'),
  resetAll: Symbol('resetAll'),
  resetChild: Symbol('resetChild'),
  resetAllChildren: Symbol('resetAllChildren'),
} as const;

const DIRECTIVES = new Map<symbol, CrashDirective>([
  [SupervisionActions.stop, 'stop'],
  [SupervisionActions.stopAll, 'stop-all'],
  [SupervisionActions.stopChild, 'stop-child'],
  [SupervisionActions.stopAllChildren, 'stop-all-children'],
  [SupervisionActions.escalate, 'escalate'],
  [SupervisionActions.resume, 'resume'],
  [SupervisionActions.reset, 'reset'],
  [SupervisionActions.resetAll, 'reset-all'],
  [SupervisionActions.resetChild, 'reset-child'],
  [SupervisionActions.resetAllChildren, 'reset-all-children'],
]);

/** The kernel's word for an action; anything else escalates, as in nact. */
export function directiveOf(action: unknown): CrashDirective {
  return (typeof action === 'symbol' && DIRECTIVES.get(action)) || 'escalate';
}
