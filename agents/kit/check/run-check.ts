/** Runs the evaluators of one check within a budget; whatever does not answer counts as high risk. */
import type { CheckName, CheckReply } from '../../../contracts/messages/checks.ts';
import type { Decision, RiskLevel } from '../../../contracts/messages/decision.ts';
import type { Evidence } from '../../../contracts/messages/evidence.ts';
import type { Budget } from '../../../runtime/kernel/actor.ts';
import type { EvaluationInput, Evaluator } from '../../../runtime/kernel/ports/evaluator.ts';
import { soundEvidence } from '../sound-evidence.ts';
import { WithinBudget } from '../within-budget.ts';
import { highestRisk, riskOfEvidence } from './risk.ts';

/** One check: its name and the evaluators that it runs, all over the same input. */
export interface CheckPlan {
  readonly check: CheckName;
  readonly evaluators: readonly Evaluator[];
}

/** Why an evaluator of a check gave no evidence. */
export type CheckFault = 'missing' | 'late' | 'failed' | 'invalid';

type Finding = { readonly risk: RiskLevel; readonly code: string | null; readonly evidence: Evidence | null };

/**
 * Answer of one check. Never rejects: a check without evaluators, and an evaluator that throws, is late or
 * returns what is not evidence, is high risk with the code `check.<name>.<fault>`.
 *
 * An evaluator that ignores the abort of its budget is left behind: its late result is dropped.
 */
export async function runCheck(plan: CheckPlan, input: EvaluationInput, budget: Budget): Promise<CheckReply> {
  const asked = { input, budget, waiting: new WithinBudget(budget) };
  const findings =
    plan.evaluators.length === 0
      ? [fault(plan.check, 'missing')]
      : await Promise.all(plan.evaluators.map((evaluator) => runEvaluator(plan.check, evaluator, asked)));
  return replyOf(plan.check, input.decision, findings);
}

/** Answer that stands for a check which gave none. */
export function failedCheck(check: CheckName, decision: Decision, reason: CheckFault): CheckReply {
  return replyOf(check, decision, [fault(check, reason)]);
}

async function runEvaluator(
  check: CheckName,
  evaluator: Evaluator,
  { input, budget, waiting }: { input: EvaluationInput; budget: Budget; waiting: WithinBudget },
): Promise<Finding> {
  if (budget.remainingMs() <= 0) return fault(check, 'late');
  try {
    const given = evaluator.evaluate(input, budget);
    const evidence = given instanceof Promise ? await waiting.wait(given) : given;
    // Rules that block may run past the deadline without ever yielding: late all the same.
    if (budget.remainingMs() <= 0) return fault(check, 'late');
    const sound = soundEvidence(evidence);
    if (!sound) return fault(check, 'invalid');
    const code = sound.code === 'none' ? null : sound.code;
    return { risk: riskOfEvidence(sound), code, evidence: sound };
  } catch {
    // What an evaluator throws may quote the input; the record gets the kind of fault only.
    return fault(check, budget.remainingMs() <= 0 ? 'late' : 'failed');
  }
}

function replyOf(check: CheckName, decision: Decision, findings: readonly Finding[]): CheckReply {
  const codes = new Set(findings.flatMap((finding) => (finding.code === null ? [] : [finding.code])));
  return {
    type: 'check-result',
    check,
    decisionId: decision.decisionId,
    risk: highestRisk(findings.map((finding) => finding.risk)),
    codes: [...codes].sort(),
    evidence: findings.flatMap((finding) => (finding.evidence === null ? [] : [finding.evidence])),
  };
}

function fault(check: CheckName, reason: CheckFault): Finding {
  return { risk: 'high', code: `check.${check}.${reason}`, evidence: null };
}
