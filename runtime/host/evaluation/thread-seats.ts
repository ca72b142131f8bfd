/** Which evaluators work on a thread, and in which order every answer names them. */
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import { evaluatorRef } from '../../kernel/ports/evaluator.ts';
import type { Evaluator } from '../../kernel/ports/evaluator.ts';

/** Whether an evaluator is nothing but a function of its input; models and providers have pools of their own. */
export function worksOnThread({ kind }: Evaluator): boolean {
  return kind === 'rules' || kind === 'record';
}

/** Plans of the named seats in that order, each with the evaluators that work on a thread. */
export function plansOnThread(names: readonly string[], seats: readonly SeatPlan[]): readonly SeatPlan[] {
  return names.flatMap((name) =>
    seats
      .filter(({ seat }) => seat === name)
      .map((plan) => ({ ...plan, evaluators: plan.evaluators.filter(worksOnThread) })),
  );
}

/** Refs of the evaluators of such plans, in the order of an answer. */
export function refsOnThread(plans: readonly SeatPlan[]): readonly string[] {
  return plans.flatMap(({ evaluators }) => evaluators.map(evaluatorRef));
}
