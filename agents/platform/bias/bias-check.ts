/** Bias: unequal treatment of people in what is decided (ORC-05). */
import type { ActorRef, Parent } from '../../../runtime/kernel/index.ts';
import type { Evaluator } from '../../../runtime/kernel/ports/evaluator.ts';
import { spawnCheck } from '../../kit/check/check-actor.ts';
import type { CheckActorOptions, CheckMessage } from '../../kit/check/check-actor.ts';

/**
 * Starts the bias check at `<parent>/bias` with the evaluators that give its fairness findings.
 * Without evaluators every decision counts as high risk.
 */
export function spawnBiasCheck(
  parent: Parent,
  evaluators: readonly Evaluator[],
  options: CheckActorOptions = {},
): ActorRef<CheckMessage> {
  return spawnCheck(parent, { check: 'bias', evaluators }, options);
}
