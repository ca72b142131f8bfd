/** Evolution oversight's own endpoint: a proposed change of policy or constitution (EVO-02, EVO-07). */
import { z } from 'zod';
import { DECISION_LIMITS } from '../decision.ts';
import { DecisionId } from '../ids.ts';
import { DecidedBy, HeldReason, Outcome } from '../verdict.ts';

const Facts = z
  .record(z.string().max(500), z.json())
  .refine((facts) => Object.keys(facts).length > 0, 'an object with at least one field');

/** Type of the decision that a proposed change goes through the council as. */
export const EVOLUTION_DECISION_TYPE = 'policy-change';

/** Body of `POST /evolution/request`. */
export const EvolutionRequest = z.strictObject({
  /** Who proposes the change. */
  agent_id: z.string().min(1).max(200),
  /** Kind of change (`minor_update`). */
  type: z.string().regex(/^[a-z][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, . _ -'),
  changes: Facts,
  /** How the change is taken back (EVO-09). */
  rollback_plan: Facts,
  reason: z.string().min(1).max(DECISION_LIMITS.textLength).optional(),
  /** How the change was tried out. */
  tests: Facts.optional(),
  /** How it will be watched. */
  monitoring: Facts.optional(),
  reviewer: z.string().min(1).max(200).optional(),
});
/** See {@link EvolutionRequest}. */
export type EvolutionRequest = z.infer<typeof EvolutionRequest>;

/** What every answer says: a verdict changes nothing by itself. */
export const EVOLUTION_NOTICE =
  'The verdict of the council is on the record. Nothing was changed: adopting a change is a step of its own.';

/** Outcome of a proposed change. */
export const EvolutionAnswer = z.strictObject({
  /** Id of the decision that the proposal became: read, proven and reviewed like every other. */
  request_id: DecisionId,
  status: Outcome,
  decided_by: DecidedBy,
  held_reason: HeldReason.nullable(),
  /** What would have to be different; empty for an approval. */
  conditions: z.array(z.string()),
  /** Time until which the verdict may be relied on. */
  valid_until: z.iso.datetime(),
  adopted: z.literal(false),
  notice: z.literal(EVOLUTION_NOTICE),
});
/** See {@link EvolutionAnswer}. */
export type EvolutionAnswer = z.infer<typeof EvolutionAnswer>;
