/** The decision that a row of a labelled set describes. Pure. */
import type { DecisionRequest, Origin } from '../../../contracts/messages/decision.ts';
import type { LabelledRow } from './labelled-set.ts';

type Message = NonNullable<DecisionRequest['messages']>[number];

/** Sources (`src`) of a text that a person did not write into the chat. */
const FETCHED: ReadonlySet<string> = new Set([
  'document',
  'rag_chunk',
  'tool_result',
  'memory',
  'ticket',
  'email',
  'table',
  'code',
]);

/**
 * Subject of the decision: `text` alone for a row of text and label, else the conversation around it.
 *
 * `system` comes first, then `documents` (origin `retrieved`), then `msg` (the user's turn that `text`
 * answers), then `text`: as a claim with `ctx` as its evidence, else as the turn of its origin.
 *
 * @param origin Origin of `text` where the row names none (`origin`, or `src` of a fetched text).
 * @example subjectOf({ text: 'Hi', label: 0 }) // { text: 'Hi' }
 */
export function subjectOf(
  row: LabelledRow,
  origin: Origin = 'user',
): Pick<DecisionRequest, 'text' | 'messages' | 'claims'> {
  const { text, system, documents = [], msg, ctx } = row;
  const messages: Message[] = [];
  if (system) messages.push({ role: 'system', content: system });
  for (const content of documents) messages.push({ role: 'tool', origin: 'retrieved', content });
  if (msg) messages.push({ role: 'user', content: msg });
  if (ctx !== undefined) {
    const claims = [{ text, evidence: [ctx] }];
    return messages.length > 0 ? { messages, claims } : { claims };
  }
  const own = originOf(row, msg === undefined ? origin : 'assistant');
  if (messages.length === 0 && own === 'user') return { text };
  return { messages: [...messages, turnOf(text, own)] };
}

function originOf({ origin, src }: LabelledRow, otherwise: Origin): Origin {
  if (origin !== undefined) return origin;
  return src !== undefined && FETCHED.has(src) ? 'retrieved' : otherwise;
}

function turnOf(content: string, origin: Origin): Message {
  return origin === 'retrieved' ? { role: 'tool', origin, content } : { role: origin, content };
}
