/** Port: one evaluator of a decision: rules, model, LLM or record. */
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { Evidence, EvaluatorKind, PeerEvidence } from '../../../contracts/messages/evidence.ts';
import type { Budget } from '../actor.ts';

/** What an evaluator is given. It must treat every text as data, never as instruction. */
export interface EvaluationInput {
  readonly decision: Decision;
  /**
   * Facts that are ours or signed, by name (`policy.revision`, `audit.reviewer`); the caller's are in
   * `decision.request.context`.
   */
  readonly attested: Readonly<Record<string, unknown>>;
  /** Round 2: structured round-1 evidence of the other seats; empty in round 1. */
  readonly peers: readonly PeerEvidence[];
}

/** Pure for `rules`; others may wait on a pool, a provider or a capability within the budget. */
export interface Evaluator {
  /** Kebab-case path (`privacy/personal-data`). */
  readonly id: string;
  readonly version: string;
  /** SHA-256 of rules or model, 64 hex digits. */
  readonly digest: string;
  readonly kind: EvaluatorKind;
  readonly family: string;
  /** True when the evaluator calls another organisation's model. */
  readonly remote: boolean;
  /** @throws deadline_exceeded, unavailable; a throw makes the evaluator absent, never an approval */
  evaluate(input: EvaluationInput, budget: Budget): Evidence | Promise<Evidence>;
}

/** `id@version#first 12 hex digits`: how ballots and sessions name an evaluator. */
export function evaluatorRef(evaluator: Pick<Evaluator, 'id' | 'version' | 'digest'>): string {
  return `${evaluator.id}@${evaluator.version}#${evaluator.digest.slice(0, 12)}`;
}
