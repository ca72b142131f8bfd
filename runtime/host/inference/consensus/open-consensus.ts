/** The consensus of models as the settings name them: their providers, and the encoder that compares them. */
import { readFile } from 'node:fs/promises';
import { anthropicFormat } from '../../../../agents/inference/providers/wire/anthropic.ts';
import { googleFormat } from '../../../../agents/inference/providers/wire/google.ts';
import { openAiFormat } from '../../../../agents/inference/providers/wire/openai.ts';
import type { WireFormat } from '../../../../agents/inference/providers/wire/wire-format.ts';
import { HttpProvider } from '../../../../agents/inference/providers/http-provider.ts';
import { consensusJudge } from '../../../../agents/inference/providers/judge.ts';
import { PROVIDER_URLS } from '../../../../config/sections/inference/consensus.ts';
import type { ConsensusModelSettings } from '../../../../config/sections/inference/consensus.ts';
import type { Settings } from '../../../../config/schema.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { ConsensusDesk } from '../../../../council/consensus/consensus-desk.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import type { InferencePort } from '../../../kernel/ports/inference.ts';
import { HttpOut } from '../../../store/http-out.ts';

/** What a consensus is opened with. */
export interface ConsensusHostParts {
  readonly settings: Pick<Settings, 'consensus'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly inference: InferencePort;
}

const ENCODER = 'encoder/use-lite';
/** A million tokens in dollars are as many millionths of a dollar for a thousand tokens, times this. */
const MICRO_USD_PER_THOUSAND = 1_000;

/** Undefined where no model is named. @throws config_invalid for a key file that cannot be read */
export async function openConsensus(parts: ConsensusHostParts): Promise<ConsensusDesk | undefined> {
  const { settings, clock, random, inference } = parts;
  const { models, leastSimilarityBp, leastResponses } = settings.consensus;
  if (models.length === 0) return undefined;
  const judges = await Promise.all(
    models.map(async (model, at) => consensusJudge(await providerOf(model, at, parts), random)),
  );
  return new ConsensusDesk({
    ...{ models: judges, clock, random, leastResponses, leastSimilarity: leastSimilarityBp / 10_000 },
    embed: async (texts, budget) => (await inference.infer({ model: ENCODER, texts }, budget)).rows,
  });
}

async function providerOf(
  settings: ConsensusModelSettings,
  at: number,
  { clock, random }: ConsensusHostParts,
): Promise<HttpProvider> {
  const { model, requestsPerMinute, tokensPerMinute, inputUsdPerMillion, outputUsdPerMillion } = settings;
  const baseUrl = baseUrlOf(settings).replace(/\/$/, '');
  return new HttpProvider({
    ...{ format: formatOf(settings), clock, random, requestsPerMinute, tokensPerMinute },
    target: { baseUrl, model, apiKey: await keyOf(settings.keyFile, at) },
    http: new HttpOut({ clock, allowedOrigins: [new URL(baseUrl).origin] }),
    price: {
      inputMicroUsd: inputUsdPerMillion * MICRO_USD_PER_THOUSAND,
      outputMicroUsd: outputUsdPerMillion * MICRO_USD_PER_THOUSAND,
    },
  });
}

function baseUrlOf({ format, baseUrl }: ConsensusModelSettings): string {
  // The schema has seen to it that a compatible server names its own.
  return baseUrl ?? (format === 'compatible' ? '' : PROVIDER_URLS[format]);
}

function formatOf({ format, provider }: ConsensusModelSettings): WireFormat {
  switch (format) {
    case 'openai':
      return openAiFormat('openai', 'openai');
    case 'compatible':
      return openAiFormat(provider ?? 'compatible', 'compatible');
    case 'anthropic':
      return anthropicFormat;
    case 'google':
      return googleFormat;
  }
}

async function keyOf(file: string, at: number): Promise<string> {
  if (file === '') return '';
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const details = { path: `consensus.models.${at}.keyFile`, expected: 'a file with the key alone' };
    throw new WitanError('config_invalid', 'the key of a model cannot be read', details, cause);
  }
}
