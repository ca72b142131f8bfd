/** The policy engine's own endpoint: the data API of Open Policy Agent (POL-03, POL-04). */
import { z } from 'zod';
import { DecisionRequest } from '../decision.ts';
import { Digest } from '../ids.ts';

/** What the policy is asked about; a decision of type `action` with these facts. */
export const PolicyInput = z.strictObject({
  /** Kind of evaluation; there is one. */
  type: z.literal('constitutional_eval').optional(),
  /** Constitution that the caller means; another than the one in force is refused (POL-02). */
  constitutional_hash: z.string().max(100).optional(),
  /** What is about to be done (`data.read_public`): the type of the decision that rules speak of. */
  action: DecisionRequest.shape.type,
  text: DecisionRequest.shape.text,
  context: DecisionRequest.shape.context,
  risk_level: DecisionRequest.shape.risk_level,
});
/** See {@link PolicyInput}. */
export type PolicyInput = z.infer<typeof PolicyInput>;

/** Body of `POST /v1/data/acgs/main/decision`. */
export const PolicyQuery = z.strictObject({
  /** Absent: nothing is evaluated, and the answer holds no result. */
  input: PolicyInput.optional(),
});
/** See {@link PolicyQuery}. */
export type PolicyQuery = z.infer<typeof PolicyQuery>;

/** What the rule set in force says. Policy alone: neither checks nor council have seen it. */
export const PolicyResult = z.strictObject({
  /** True for the effect `allow` alone. */
  allow: z.boolean(),
  effect: z.enum(['allow', 'deny', 'needs-review']),
  /** What was asked: policy, and nothing after it. A decision is `POST /api/v1/decisions/evaluate`. */
  evaluated: z.literal('policy-alone'),
  /** Constitution in force. */
  constitutional_hash: Digest,
  /** Rule set that answered. */
  revision: Digest,
  /** Ids of the rules that applied, in order. */
  rules: z.array(z.string()),
  reasons: z.array(z.string()),
});
/** See {@link PolicyResult}. */
export type PolicyResult = z.infer<typeof PolicyResult>;

/** Answer in the form of Open Policy Agent; empty where nothing was asked. */
export const PolicyDecision = z.strictObject({
  result: PolicyResult.optional(),
  /** Where the call stands on the record: log and position. Not the id of a decision of the council. */
  decision_id: z.string().optional(),
});
/** See {@link PolicyDecision}. */
export type PolicyDecision = z.infer<typeof PolicyDecision>;
