/** Seats and the screen, asked on a thread. */
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import type { ScreenStep } from '../../../agents/platform/orchestrator/ports.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Evaluator } from '../../kernel/ports/evaluator.ts';
import type { EvaluationDesk } from './evaluation-desk.ts';
import { plansOnThread, refsOnThread, worksOnThread } from './thread-seats.ts';

/**
 * The same plans, with `rules` and `record` evaluators and `isApplicable` answered by the threads. An answer
 * that is there already is given without a promise.
 *
 * @param plans In the order in which the threads name them.
 */
export function seatsOnThread(plans: readonly SeatPlan[], desk: EvaluationDesk): readonly SeatPlan[] {
  const names = plans.map(({ seat }) => seat);
  const refs = refsOnThread(plansOnThread(names, plans));
  let place = 0;
  const wrapped = plans.map((plan, at): SeatPlan => ({
    ...plan,
    evaluators: plan.evaluators.map((evaluator) =>
      worksOnThread(evaluator) ? onThread(evaluator, place++, desk) : evaluator,
    ),
    isApplicable: (decision, budget) =>
      desk.ask(desk.anyJobOf(decision, budget), ({ applicable }) => applicable[at]!),
  }));
  if (place !== refs.length) throw new TypeError('every evaluator on a thread has its place in the answer');
  return wrapped;
}

/** The screen for prompt injection, answered with the evidence of the same decision. */
export function screenOnThread(desk: EvaluationDesk): ScreenStep {
  return (decision, budget) =>
    desk.ask(desk.anyJobOf(decision, budget), ({ screen }) => {
      if (screen === null) throw new WitanError('internal', 'the thread was started without a screen');
      return screen;
    });
}

function onThread(evaluator: Evaluator, place: number, desk: EvaluationDesk): Evaluator {
  return {
    ...evaluator,
    evaluate: (input, budget) => desk.ask(desk.jobOf(input, budget), ({ evidence }) => evidence[place]!),
  };
}
