/** One line of `witan score`: text, label, and what belongs to it. */
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import { Origin } from '../../../../contracts/messages/decision.ts';
import type { DetectorInput } from '../../../../index.ts';

const Role = z.enum(['system', 'user', 'assistant', 'tool']);

const Turn = z
  .object({
    origin: Origin.optional(),
    role: Role.optional(),
    text: z.string().optional(),
    content: z.string().optional(),
  })
  .transform(({ origin, role, text, content }) => ({
    origin: origin ?? role ?? 'user',
    text: text ?? content ?? '',
  }));

const Row = z
  .object({
    text: z.string().optional(),
    label: z.union([z.literal(0), z.literal(1), z.null()]).optional(),
    origin: Origin.optional(),
    evidence: z.union([z.string(), z.array(z.string())]).optional(),
    messages: z.array(Turn).optional(),
  })
  .refine(({ text, messages }) => text !== undefined || (messages?.length ?? 0) > 0, {
    message: 'a row needs text or messages',
    path: ['text'],
  });

/** A row that can be judged. */
export interface ScoreRow {
  readonly label: 0 | 1 | null;
  readonly input: DetectorInput;
}

/** Reads a line. Without `text` the last message is judged. @throws bad_encoding with the line's number */
export function parseScoreRow(line: string, lineNumber: number, origin: Origin): ScoreRow {
  const path = `line ${lineNumber}`;
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    throw new WitanError('bad_encoding', `${path} is not JSON`, { path });
  }
  const parsed = Row.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') ?? '';
    throw new WitanError('bad_encoding', `${path} is no row: ${field || 'it'}: ${issue?.message ?? ''}`, {
      path,
    });
  }
  const { text, label = null, evidence, messages } = parsed.data;
  const last = messages?.at(-1);
  const said = text ?? last!.text;
  const by = parsed.data.origin ?? (text === undefined ? last!.origin : origin);
  return {
    label,
    input: {
      text: said,
      origin: by,
      ...(evidence === undefined
        ? {}
        : { evidence: typeof evidence === 'string' ? evidence : evidence.join('\n') }),
      ...(messages === undefined ? {} : { messages }),
    },
  };
}
