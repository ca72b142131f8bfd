/** What several models said of one question, and what they agree on. */
import { z } from 'zod';
import { BasisPoints } from '../ids.ts';

/** What a model recommends. `unsure`: it answered, and would not decide. */
export const ModelStance = z.enum(['approve', 'reject', 'unsure']);
/** See {@link ModelStance}. */
export type ModelStance = z.infer<typeof ModelStance>;

/** Answer of one model. */
export const ModelResponse = z.strictObject({
  /** Name in the pool. */
  model: z.string().min(1).max(120),
  /** Provider or model digest: answers of one family are not independent. */
  family: z.string().min(1).max(120),
  stance: ModelStance,
  /** How sure the model says it is. */
  confidenceBp: BasisPoints,
  text: z.string().max(20_000),
  elapsedMs: z.number().min(0),
});
/** See {@link ModelResponse}. */
export type ModelResponse = z.infer<typeof ModelResponse>;

/** A model without an answer. */
export const ModelAbsence = z.strictObject({
  model: z.string().min(1).max(120),
  /** Code of the error. */
  reason: z.string().max(60),
  detail: z.string().max(300),
});
/** See {@link ModelAbsence}. */
export type ModelAbsence = z.infer<typeof ModelAbsence>;

/** Responses that say the same; numbers are places in `responses`. */
export const ResponseCluster = z.strictObject({
  stance: ModelStance,
  members: z.array(z.int().min(0)).min(1),
  /** Member whose text is nearest to all others. */
  spokesman: z.int().min(0),
  /** Sum of what its members say of their confidence. */
  confidenceBpSum: z.int().min(0),
});
/** See {@link ResponseCluster}. */
export type ResponseCluster = z.infer<typeof ResponseCluster>;

/** Result of a query (CON-05, 06, 09). Shares are exact: counts stand beside them. */
export const ConsensusResult = z.strictObject({
  queryId: z.string().min(1).max(120),
  responses: z.array(ModelResponse),
  absent: z.array(ModelAbsence),
  /** Largest first; the first is the majority, the others are kept as the minority's opinion. */
  clusters: z.array(ResponseCluster),
  /** Cosine similarity of each pair of texts, row by row, −1 to 1. */
  similarity: z.array(z.array(z.number())),
  /** What the majority recommends; `unsure` where there is no answer. */
  stance: ModelStance,
  majorityCount: z.int().min(0),
  /** Majority ÷ responses, rounded down; 0 without a response. */
  confidenceBp: BasisPoints,
  /** 10,000 − confidence, rounded up. */
  disagreementBp: BasisPoints,
  /** 10 × minority > 3 × responses, or too few answered: the council decides (CON-07). */
  disagrees: z.boolean(),
});
/** See {@link ConsensusResult}. */
export type ConsensusResult = z.infer<typeof ConsensusResult>;
