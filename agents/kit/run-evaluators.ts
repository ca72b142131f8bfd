/**
 * Runs a seat's evaluators within a budget: one that fails is absent, and an absence is never an approval.
 */
import { toWitanError } from '../../contracts/errors.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';
import { evaluatorRef, type EvaluationInput, type Evaluator } from '../../runtime/kernel/ports/evaluator.ts';
import { soundEvidence } from './sound-evidence.ts';
import { WithinBudget } from './within-budget.ts';

/** An evaluator without evidence. */
export interface AbsentEvaluator {
  readonly evaluator: string;
  /** True for `llm` evaluators: they are shed first, and the seat votes without them. */
  readonly advisory: boolean;
  readonly detail: string;
}

/** What a run gave, in the order of the evaluators. */
export interface EvaluationRun {
  readonly evidence: readonly Evidence[];
  readonly absent: readonly AbsentEvaluator[];
}

type Answer = Evidence | AbsentEvaluator;

/**
 * Runs every evaluator on the same input; all start at once, `rules` end at once.
 *
 * @returns no promise where no evaluator gave one, so that a seat of rules costs none
 */
export function runEvaluators(
  evaluators: readonly Evaluator[],
  input: EvaluationInput,
  budget: Budget,
): EvaluationRun | Promise<EvaluationRun> {
  const asked = { input, budget, waiting: new WithinBudget(budget) };
  const answers = evaluators.map((evaluator) => answerOf(evaluator, asked));
  const isSettled = (answer: Answer | Promise<Answer>): answer is Answer => !(answer instanceof Promise);
  if (answers.every(isSettled)) return collect(answers);
  return Promise.all(answers).then(collect);
}

interface Asked {
  readonly input: EvaluationInput;
  readonly budget: Budget;
  readonly waiting: WithinBudget;
}

function answerOf(evaluator: Evaluator, { input, budget, waiting }: Asked): Answer | Promise<Answer> {
  if (budget.remainingMs() <= 0) return absence(evaluator, 'no time is left');
  try {
    const evidence = evaluator.evaluate(input, budget);
    if (!isPromise(evidence)) return checked(evaluator, evidence);
    return waiting.wait(evidence).then(
      (late) => checked(evaluator, late),
      (error: unknown) => absence(evaluator, messageOf(error)),
    );
  } catch (error) {
    return absence(evaluator, messageOf(error));
  }
}

/** Evidence as it came, or an absence: what fails its schema is never repaired. */
function checked(evaluator: Evaluator, evidence: unknown): Answer {
  const data = soundEvidence(evidence);
  if (!data) return absence(evaluator, 'its evidence does not fit the schema');
  const isOwn =
    data.evaluator === evaluatorRef(evaluator) &&
    data.kind === evaluator.kind &&
    data.family === evaluator.family;
  return isOwn ? data : absence(evaluator, 'its evidence names another evaluator, kind or family');
}

function absence(evaluator: Evaluator, detail: string): AbsentEvaluator {
  return {
    evaluator: evaluatorRef(evaluator),
    advisory: evaluator.kind === 'llm',
    detail: detail.slice(0, 300),
  };
}

function collect(answers: readonly Answer[]): EvaluationRun {
  return {
    evidence: answers.filter((answer): answer is Evidence => 'code' in answer),
    absent: answers.filter((answer): answer is AbsentEvaluator => 'advisory' in answer),
  };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === 'function';
}

/** Code and message of anything thrown. */
export function messageOf(error: unknown): string {
  const { code, message } = toWitanError(error);
  return `${code}: ${message}`;
}
