/** Settings of the models of others that are asked for a consensus at high risk. */
import { z } from 'zod';
import { isSafeUrl } from '../identity.ts';

/** Where each format's own servers are; `compatible` names its own. */
export const PROVIDER_URLS = {
  openai: 'https://api.openai.com',
  anthropic: 'https://api.anthropic.com',
  google: 'https://generativelanguage.googleapis.com',
} as const;

/** One model of the pool. */
export const ConsensusModelSettings = z
  .strictObject({
    /** Wire format: that of the maker, or `compatible` for servers that speak Chat Completions. */
    format: z.enum(['openai', 'anthropic', 'google', 'compatible']),
    model: z.string().min(1).max(120),
    /** Name of a compatible server's family (`llama`); models of one family are not independent. */
    provider: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/)
      .optional(),
    /** Origin of the server; absent: that of the maker. */
    baseUrl: z.string().max(2_000).refine(isSafeUrl, 'an https address, or http on this machine').optional(),
    /** File with the key alone; empty: none is sent. */
    keyFile: z.string().max(4_096).default(''),
    requestsPerMinute: z.int().min(1).max(1_000_000).default(60),
    tokensPerMinute: z.int().min(1_000).max(1_000_000_000).default(100_000),
    /** Price of a million tokens, US dollars, as your contract says; for the account alone. */
    inputUsdPerMillion: z.number().min(0).max(10_000).default(0),
    outputUsdPerMillion: z.number().min(0).max(10_000).default(0),
  })
  .refine(
    ({ format, baseUrl, provider }) =>
      format !== 'compatible' || (baseUrl !== undefined && provider !== undefined),
    'a compatible server needs baseUrl and provider',
  );
/** See {@link ConsensusModelSettings}. */
export type ConsensusModelSettings = z.infer<typeof ConsensusModelSettings>;

/** Section `consensus`. */
export const consensus = z.strictObject({
  models: z
    .array(ConsensusModelSettings)
    .max(20)
    .default([])
    .describe('Models that are asked at high risk, each with its format; none: the council decides alone.'),
  leastSimilarityBp: z
    .int()
    .min(0)
    .max(10_000)
    .default(6_000)
    .describe('Basis points of cosine similarity from which two reasons say the same.'),
  leastResponses: z
    .int()
    .min(1)
    .max(20)
    .default(2)
    .describe('Below so many answers the models are taken to disagree.'),
});
