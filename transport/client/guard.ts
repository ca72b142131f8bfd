/** A guard around an AI call: the council is asked before it, after it, or both (SDK-15). */
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionRequest } from '../../contracts/messages/decision.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import type { CallOptions } from './caller.ts';

/** When the council is asked. */
export type GuardPhase = 'before' | 'after';

/** What the council said of one call. */
export interface Evaluation {
  readonly phase: GuardPhase;
  /** Approved: nothing else is safe. */
  readonly isSafe: boolean;
  readonly verdict: Verdict;
}

/** How a call is guarded. */
export interface GuardOptions<A extends readonly unknown[], R> {
  /** The decision to ask about before the call; absent: nothing is asked. */
  before?(...input: A): DecisionRequest;
  /** The decision to ask about what came back; absent: nothing is asked. */
  after?(output: R, ...input: A): DecisionRequest;
  /** Answers in place of a call that was not approved; absent: `permission_denied` is thrown. */
  onBlocked?(evaluation: Evaluation, ...input: A): R | Promise<R>;
  readonly call?: CallOptions;
}

/** The guarded function; `lastEvaluation` is of the call that was evaluated last. */
export interface Guarded<A extends readonly unknown[], R> {
  (...input: A): Promise<R>;
  readonly lastEvaluation: Evaluation | null;
}

/** Asks for a verdict. */
export type Evaluate = (request: DecisionRequest, options?: CallOptions) => Promise<Verdict>;

/**
 * Wraps `fn`: what is not approved before is not called, what is not approved after is not given out.
 *
 * Fails closed: without a verdict there is no output. The wrapped call throws what asking or `fn` throws.
 * @throws permission_denied with `outcome`, `decisionId` and `phase` in its details
 */
export function guardCall<A extends readonly unknown[], R>(
  evaluate: Evaluate,
  fn: (...input: A) => R | Promise<R>,
  options: GuardOptions<A, R>,
): Guarded<A, R> {
  if (!options.before && !options.after) {
    throw new WitanError('invalid_argument', 'a guard that asks nothing guards nothing', {
      path: 'options',
      expected: 'before, after or both',
    });
  }
  let lastEvaluation: Evaluation | null = null;
  const ask = async (phase: GuardPhase, request: DecisionRequest): Promise<Evaluation> => {
    const verdict = await evaluate(request, options.call);
    lastEvaluation = { phase, isSafe: verdict.body.outcome === 'approved', verdict };
    return lastEvaluation;
  };
  const blocked = (evaluation: Evaluation, input: A): R | Promise<R> => {
    if (options.onBlocked) return options.onBlocked(evaluation, ...input);
    const { outcome, decisionId, alternative } = evaluation.verdict.body;
    const details = { outcome, decisionId, alternative, phase: evaluation.phase };
    throw new WitanError('permission_denied', 'the council did not approve', details);
  };
  const guarded = async (...input: A): Promise<R> => {
    if (options.before) {
      const evaluation = await ask('before', options.before(...input));
      if (!evaluation.isSafe) return blocked(evaluation, input);
    }
    const output = await fn(...input);
    if (options.after) {
      const evaluation = await ask('after', options.after(output, ...input));
      if (!evaluation.isSafe) return blocked(evaluation, input);
    }
    return output;
  };
  return Object.defineProperty(guarded, 'lastEvaluation', {
    get: () => lastEvaluation,
  }) as unknown as Guarded<A, R>;
}
