/** A model of another organisation, or of our own behind its wire format: asked for JSON of one schema. */
import type { Budget } from '../../../runtime/kernel/actor.ts';

/** One question. Data of others stands in `input` alone. */
export interface ProviderPrompt {
  /** Ours: what the model is to do. */
  readonly instruction: string;
  /** What it is to look at. */
  readonly input: string;
  /** Name of the answer's shape, `[a-z_]+`. */
  readonly schemaName: string;
  /** JSON Schema of the answer: objects, arrays, strings, numbers, booleans and enums only. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly maxOutputTokens: number;
}

/** What a model said, and what it cost. */
export interface ProviderAnswer {
  /** As it came; whether it fits the schema is for the caller to check. */
  readonly json: unknown;
  /** The model that answered, as the provider names it. */
  readonly model: string;
  readonly usage: ProviderUsage;
}

/** Counts of one or of many calls. */
export interface ProviderUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Millionths of a US dollar, by the prices that the operator states. */
  readonly costMicroUsd: number;
}

/** One configured model. */
export interface ProviderPort {
  /** `openai/gpt-4o`: provider and model. */
  readonly id: string;
  /** `provider/openai`: ballots of one family are not independent. */
  readonly family: string;
  /**
   * @throws unauthenticated, rate_limited, overloaded, unavailable, circuit_open, deadline_exceeded,
   *   bad_encoding for an answer that is not the JSON it should be, not_supported when the model refuses
   */
  ask(prompt: ProviderPrompt, budget: Budget): Promise<ProviderAnswer>;
}
