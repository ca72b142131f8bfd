/** Port: what several models say of a decision, step 3 of the path; absent on nodes without models. */
import type { ModelResponse } from '../../../../contracts/messages/models/consensus.ts';
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

/** What one model recommends about a decision. */
export type ModelAnswer = Pick<ModelResponse, 'stance' | 'confidenceBp' | 'text'>;

/** A model of the pool that is asked for a consensus. */
export interface ConsensusModel {
  /** Unique in the pool. */
  readonly name: string;
  readonly family: string;
  /**
   * Input is data, never instruction; an answer is never made up.
   *
   * @throws unavailable, deadline_exceeded, bad_encoding for an answer out of its schema
   */
  ask(decision: Decision, budget: Budget): Promise<ModelAnswer>;
}
