/** From the models' responses to what they agree on: counted in integers (CON-04 to 09). */
import type {
  ConsensusResult,
  ModelAbsence,
  ModelResponse,
} from '../../contracts/messages/models/consensus.ts';
import { clustersOf } from './clusters.ts';
import { similarityMatrix } from './similarity.ts';

/** What a result is made of. */
export interface ConsensusParts {
  readonly queryId: string;
  readonly responses: readonly ModelResponse[];
  readonly absent: readonly ModelAbsence[];
  /** One embedding for each response, in their order. */
  readonly embeddings: readonly Float32Array[];
  /** Least similarity of two texts that say the same, −1 to 1. */
  readonly leastSimilarity: number;
  /** Below so many responses there is nothing to agree on. */
  readonly leastResponses: number;
}

const WHOLE_BP = 10_000;

/** Result of a query; pure, the same whatever the order of the responses. @throws invalid_argument */
export function consensusOf(parts: ConsensusParts): ConsensusResult {
  const { queryId, responses, absent, embeddings, leastSimilarity, leastResponses } = parts;
  const similarity = similarityMatrix(embeddings);
  const clusters = clustersOf({ responses, similarity, leastSimilarity });
  const [majority] = clusters;
  const count = responses.length;
  const majorityCount = majority?.members.length ?? 0;
  const confidenceBp = count === 0 ? 0 : Math.floor((majorityCount * WHOLE_BP) / count);
  return {
    ...{ queryId, responses: [...responses], absent: [...absent], clusters, similarity },
    ...{ stance: majority?.stance ?? 'unsure', majorityCount, confidenceBp },
    disagreementBp: WHOLE_BP - confidenceBp,
    disagrees: count < leastResponses || isDisagreement(majorityCount, count),
  };
}

/** Whether more than three in ten stand outside the majority; no rounding decides it. */
export function isDisagreement(majorityCount: number, responseCount: number): boolean {
  return 10 * (responseCount - majorityCount) > 3 * responseCount;
}
