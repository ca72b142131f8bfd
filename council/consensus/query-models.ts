/**
 * Asks several models the same question at once, and says what they agree on.
 *
 * The consensus decides nothing: where models disagree, where too few answer in time, or where their answers
 * cannot be compared, the council decides, with the counts as a fact.
 */
import { toWitanError } from '../../contracts/errors.ts';
import type {
  ConsensusResult,
  ModelAbsence,
  ModelResponse,
} from '../../contracts/messages/models/consensus.ts';
import type { Decision } from '../../contracts/messages/decision.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import type { Budget, Clock } from '../../runtime/kernel/index.ts';
import type { ConsensusModel } from '../../runtime/kernel/ports/decision/consensus.ts';
import { within } from '../../supervisors/within.ts';
import { consensusOf } from './consensus-result.ts';

/** What a query works with. */
export interface QueryOptions {
  readonly models: readonly ConsensusModel[];
  /** One embedding for each text. */
  readonly embed: (texts: readonly string[], budget: Budget) => Promise<readonly Float32Array[]>;
  readonly clock: Clock;
  /** Least similarity of two texts that say the same (default 0.6). */
  readonly leastSimilarity?: number;
  /** Below so many answers the council decides (default 2). */
  readonly leastResponses?: number;
}

/** Kept back from the time of a query for embedding and counting, a share. */
const COUNTING_SHARE = 0.2;
const MAX_COUNTING_MS = 300;

/** The consensus on a decision. @throws deadline_exceeded, unavailable when answers cannot be embedded */
export async function queryModels(
  queryId: string,
  decision: Decision,
  { options, budget }: { readonly options: QueryOptions; readonly budget: Budget },
): Promise<ConsensusResult> {
  const { models, embed, leastSimilarity = 0.6, leastResponses = 2 } = options;
  const countingMs = Math.min(MAX_COUNTING_MS, budget.remainingMs() * COUNTING_SHARE);
  const asked = models.map((model) => askOne(model, decision, { budget, countingMs, options }));
  const answers = await Promise.all(asked);
  const responses = answers.filter((one): one is ModelResponse => 'stance' in one);
  const absent = answers.filter((one): one is ModelAbsence => 'reason' in one);
  const texts = responses.map(({ text }) => text);
  const embeddings = texts.length < 2 ? texts.map(() => new Float32Array(1)) : await embed(texts, budget);
  return consensusOf({ queryId, responses, absent, embeddings, leastSimilarity, leastResponses });
}

interface Asking {
  readonly budget: Budget;
  readonly countingMs: number;
  readonly options: QueryOptions;
}

async function askOne(
  model: ConsensusModel,
  decision: Decision,
  { budget, countingMs, options: { clock } }: Asking,
): Promise<ModelResponse | ModelAbsence> {
  const { name, family } = model;
  const startMs = clock.monotonicMs();
  try {
    const slice = createBudget(clock, budget.remainingMs() - countingMs, budget.signal);
    const { stance, confidenceBp, text } = await within(slice, (own) => model.ask(decision, own));
    const elapsedMs = clock.monotonicMs() - startMs;
    return { ...{ model: name, family, stance, confidenceBp }, text: text.slice(0, 20_000), elapsedMs };
  } catch (error) {
    const { code, message } = toWitanError(error);
    return { model: name, reason: code, detail: message.slice(0, 300) };
  }
}
