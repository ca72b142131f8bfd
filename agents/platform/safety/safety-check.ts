/** Safety: threats and harm in what is decided (ORC-05). */
import type { ActorRef, Parent } from '../../../runtime/kernel/index.ts';
import type { Evaluator } from '../../../runtime/kernel/ports/evaluator.ts';
import { spawnCheck } from '../../kit/check/check-actor.ts';
import type { CheckActorOptions, CheckMessage } from '../../kit/check/check-actor.ts';

/**
 * Starts the safety check at `<parent>/safety` with the evaluators that give its security and guardian
 * findings. Without evaluators every decision counts as high risk.
 */
export function spawnSafetyCheck(
  parent: Parent,
  evaluators: readonly Evaluator[],
  options: CheckActorOptions = {},
): ActorRef<CheckMessage> {
  return spawnCheck(parent, { check: 'safety', evaluators }, options);
}
