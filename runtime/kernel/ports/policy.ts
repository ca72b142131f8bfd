/** Port: policy evaluation, step 1 of the path. */
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { Budget } from '../actor.ts';

/** Answer of the policy step. `allow` never skips the checks. */
export interface PolicyAnswer {
  readonly effect: 'allow' | 'deny' | 'needs-review';
  /** Revision of the rule set that answered. */
  readonly revision: string;
  /** Ids of the rules that applied, in order. */
  readonly rules: readonly string[];
  readonly reasons: readonly string[];
}

/** Revision and constitution as a session froze them. */
export interface FrozenPolicy {
  readonly revision: string;
  readonly constitutionHash: string;
}

/**
 * Answers step 1 of the path for a decision.
 *
 * @throws not_supported for an unknown constitution hash, internal for an engine error: the decision is held
 */
export interface PolicyPort {
  /** Without `frozen` the revision in force answers; with it, exactly that one or none. */
  evaluate(decision: Decision, budget: Budget, frozen?: FrozenPolicy): Promise<PolicyAnswer>;
  /** Revision in force and hash of the constitution it was made from. */
  current(): FrozenPolicy;
}
