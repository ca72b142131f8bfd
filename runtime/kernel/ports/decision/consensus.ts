/** Port: what several models say of a decision, step 3 of the path; absent on nodes without models. */
import type { Decision } from '../../../../contracts/messages/decision.ts';
import type { Budget } from '../../actor.ts';

/** Answer of the models, counted. */
export interface ConsensusAnswer {
  /** Id under which the query can be read. */
  readonly queryId: string;
  readonly responseCount: number;
  /** Responses outside the largest cluster. */
  readonly minorityCount: number;
  /** 10 × minority > 3 × responses (CON-07); decided in integers. */
  readonly disagrees: boolean;
}

/**
 * Asks several models about a decision.
 *
 * @throws unavailable, deadline_exceeded, cancelled; the council then sits with that fact as evidence
 */
export interface ConsensusPort {
  query(decision: Decision, budget: Budget): Promise<ConsensusAnswer>;
}
