/**
 * generateContent of Google's Gemini API.
 * @source https://ai.google.dev/api/generate-content
 */
import { z } from 'zod';
import { cutOff, jsonOfText, malformed, refused, tokens } from './wire-format.ts';
import type { WireFormat } from './wire-format.ts';

const Generated = z.object({
  modelVersion: z.string().max(200).optional(),
  promptFeedback: z.object({ blockReason: z.string().optional() }).nullish(),
  candidates: z
    .array(
      z.object({
        finishReason: z.string().nullish(),
        content: z.object({ parts: z.array(z.object({ text: z.string().optional() })).optional() }).nullish(),
      }),
    )
    .optional(),
  usageMetadata: z
    .object({ promptTokenCount: z.unknown(), candidatesTokenCount: z.unknown() })
    .partial()
    .nullish(),
});
const Fault = z.object({
  error: z.object({
    message: z.string(),
    details: z.array(z.looseObject({ retryDelay: z.unknown() })).optional(),
  }),
});
const REFUSALS = new Set(['SAFETY', 'PROHIBITED_CONTENT', 'BLOCKLIST', 'SPII', 'RECITATION']);

/** See the head of the file. */
export const googleFormat: WireFormat = {
  provider: 'google',
  request: ({ instruction, input, schema, maxOutputTokens }, { baseUrl, apiKey, model }) => ({
    url: `${baseUrl}/v1beta/models/${encodeURIComponent(model)}:generateContent`,
    headers: { 'x-goog-api-key': apiKey },
    body: {
      systemInstruction: { parts: [{ text: instruction }] },
      contents: [{ role: 'user', parts: [{ text: input }] }],
      generationConfig: {
        ...{ temperature: 0, maxOutputTokens, responseMimeType: 'application/json' },
        responseSchema: openApiOf(schema),
      },
    },
  }),
  answer: (body, { model }) => {
    const { data } = Generated.safeParse(body);
    if (!data) throw malformed('neither candidates nor feedback');
    const blocked = data.promptFeedback?.blockReason;
    if (blocked !== undefined) throw refused(blocked);
    const candidate = data.candidates?.[0];
    if (!candidate) throw malformed('no candidate');
    const end = candidate.finishReason ?? 'STOP';
    if (REFUSALS.has(end)) throw refused(end);
    if (end === 'MAX_TOKENS') throw cutOff(end);
    return {
      json: jsonOfText(candidate.content?.parts?.map(({ text }) => text ?? '').join('')),
      model: data.modelVersion ?? model,
      inputTokens: tokens(data.usageMetadata?.promptTokenCount),
      outputTokens: tokens(data.usageMetadata?.candidatesTokenCount),
    };
  },
  fault: (body) => Fault.safeParse(body).data?.error.message,
  retryAfterMs: (body) => {
    const details = Fault.safeParse(body).data?.error.details ?? [];
    const said = details.map(({ retryDelay }) => retryDelay).find((delay) => typeof delay === 'string');
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(said ?? '')?.[1];
    return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1_000);
  },
};

/** The part of JSON Schema that this format knows: it refuses `additionalProperties`. */
function openApiOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(openApiOf);
  if (schema === null || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([name]) => name !== 'additionalProperties');
  return Object.fromEntries(kept.map(([name, value]) => [name, openApiOf(value)]));
}
