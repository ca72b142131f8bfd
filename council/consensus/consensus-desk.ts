/** Consensus as a port: queries with an id, and the latest results kept to be read. */
import type { ConsensusResult } from '../../contracts/messages/models/consensus.ts';
import type { Random } from '../../runtime/kernel/clock.ts';
import type { ConsensusPort } from '../../runtime/kernel/ports/decision/consensus.ts';
import { queryModels } from './query-models.ts';
import type { QueryOptions } from './query-models.ts';

/** Settings of a {@link ConsensusDesk}. */
export interface ConsensusDeskOptions extends QueryOptions {
  readonly random: Random;
  /** Results that are kept; the oldest goes first (default 1,000). */
  readonly keepCount?: number;
}

/** See the head of the file. */
export class ConsensusDesk implements ConsensusPort {
  readonly #options: ConsensusDeskOptions;
  readonly #results = new Map<string, ConsensusResult>();

  constructor(options: ConsensusDeskOptions) {
    this.#options = options;
  }

  /** See ConsensusPort. @throws unavailable when the answers cannot be compared */
  readonly query: ConsensusPort['query'] = async (decision, budget) => {
    const { random, keepCount = 1_000 } = this.#options;
    const queryId = `q${[0, 0].map(() => random.uint32().toString(16).padStart(8, '0')).join('')}`;
    const result = await queryModels(queryId, decision, { options: this.#options, budget });
    this.#results.set(queryId, result);
    if (this.#results.size > keepCount) this.#results.delete(this.#results.keys().next().value!);
    const responseCount = result.responses.length;
    const { majorityCount, disagrees } = result;
    return { queryId, responseCount, minorityCount: responseCount - majorityCount, disagrees };
  };

  /** A result that is kept; undefined: none of that id is. */
  result(queryId: string): ConsensusResult | undefined {
    return this.#results.get(queryId);
  }

  /** Results that are kept, newest first. */
  history(): readonly ConsensusResult[] {
    return [...this.#results.values()].reverse();
  }
}
