/**
 * Messages of Anthropic; the answer's shape is that of a tool which the model has to call.
 * @source https://docs.anthropic.com/en/api/messages
 */
import { z } from 'zod';
import { cutOff, malformed, refused, tokens } from './wire-format.ts';
import type { WireFormat } from './wire-format.ts';

const VERSION = '2023-06-01';
const Message = z.object({
  model: z.string().max(200).optional(),
  stop_reason: z.string().nullish(),
  content: z.array(z.looseObject({ type: z.string(), name: z.string().optional(), input: z.unknown() })),
  usage: z.object({ input_tokens: z.unknown(), output_tokens: z.unknown() }).partial().nullish(),
});
const Fault = z.object({ error: z.object({ message: z.string() }) });

/** See the head of the file. */
export const anthropicFormat: WireFormat = {
  provider: 'anthropic',
  request: ({ instruction, input, schemaName, schema, maxOutputTokens }, { baseUrl, apiKey, model }) => ({
    url: `${baseUrl}/v1/messages`,
    headers: { 'x-api-key': apiKey, 'anthropic-version': VERSION },
    body: {
      model,
      max_tokens: maxOutputTokens,
      temperature: 0,
      system: instruction,
      messages: [{ role: 'user', content: input }],
      tools: [{ name: schemaName, description: 'The only form of an answer.', input_schema: schema }],
      tool_choice: { type: 'tool', name: schemaName },
    },
  }),
  answer: (body, { model }) => {
    const { data } = Message.safeParse(body);
    if (!data) throw malformed('no content');
    if (data.stop_reason === 'refusal') throw refused('a safety rule of the provider');
    if (data.stop_reason === 'max_tokens') throw cutOff(data.stop_reason);
    const call = data.content.find(({ type }) => type === 'tool_use');
    if (!call) throw malformed('the tool was not called');
    return {
      json: call.input,
      model: data.model ?? model,
      inputTokens: tokens(data.usage?.input_tokens),
      outputTokens: tokens(data.usage?.output_tokens),
    };
  },
  fault: (body) => Fault.safeParse(body).data?.error.message,
};
