/**
 * Chat Completions of OpenAI, and of the many servers that speak the same (vLLM, llama.cpp, Ollama).
 * @source https://platform.openai.com/docs/api-reference/chat/create
 */
import { z } from 'zod';
import { cutOff, jsonOfText, malformed, refused, tokens } from './wire-format.ts';
import type { WireFormat } from './wire-format.ts';

const Completion = z.object({
  model: z.string().max(200).optional(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.unknown(), completion_tokens: z.unknown() }).partial().nullish(),
});
const Fault = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });

/** `compatible`: the older name of the limit, which other servers know. */
export function openAiFormat(provider: string, dialect: 'openai' | 'compatible'): WireFormat {
  return {
    provider,
    request: ({ instruction, input, schemaName, schema, maxOutputTokens }, { baseUrl, apiKey, model }) => ({
      url: `${baseUrl}/v1/chat/completions`,
      headers: authorization(apiKey),
      body: {
        model,
        messages: [
          { role: 'system', content: instruction },
          { role: 'user', content: input },
        ],
        temperature: 0,
        [dialect === 'openai' ? 'max_completion_tokens' : 'max_tokens']: maxOutputTokens,
        response_format: { type: 'json_schema', json_schema: { name: schemaName, strict: true, schema } },
      },
    }),
    answer: (body, { model }) => {
      const { data } = Completion.safeParse(body);
      if (!data) throw malformed('no choices');
      const { message, finish_reason: end } = data.choices[0]!;
      if (typeof message.refusal === 'string' && message.refusal !== '') throw refused(message.refusal);
      if (end === 'content_filter') throw refused('a filter of the provider');
      if (end === 'length') throw cutOff(end);
      return {
        json: jsonOfText(message.content),
        model: data.model ?? model,
        inputTokens: tokens(data.usage?.prompt_tokens),
        outputTokens: tokens(data.usage?.completion_tokens),
      };
    },
    fault: (body) => {
      const error = Fault.safeParse(body).data?.error;
      return typeof error === 'string' ? error : error?.message;
    },
  };
}

/** Servers of one's own often want no key. */
function authorization(apiKey: string): Record<string, string> {
  return apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` };
}
