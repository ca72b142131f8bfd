/** The texts of a decision, each with its field path, origin and trust. */
import type { Decision, Origin } from '../../contracts/messages/decision.ts';

/** One text of the decision. `field` is the path that spans refer to. */
export interface Segment {
  readonly field: string;
  readonly origin: Origin;
  readonly text: string;
}

const cache = new WeakMap<Pick<Decision, 'request'>, readonly Segment[]>();

/**
 * Texts of a decision in document order: text, messages, claims, then every string of `context`. Memoised.
 */
export function segmentsOf(decision: Pick<Decision, 'request'>): readonly Segment[] {
  const known = cache.get(decision);
  if (known) return known;
  const { text, messages, claims, context } = decision.request;
  const segments: Segment[] = [];
  if (text) segments.push({ field: 'text', origin: 'user', text });
  messages?.forEach((message, index) => {
    const origin = message.origin ?? message.role;
    segments.push({ field: `messages.${index}.content`, origin, text: message.content });
  });
  claims?.forEach((claim, index) => {
    segments.push({ field: `claims.${index}.text`, origin: 'assistant', text: claim.text });
    claim.evidence.forEach((evidence, at) =>
      segments.push({ field: `claims.${index}.evidence.${at}`, origin: 'retrieved', text: evidence }),
    );
  });
  if (context) collectStrings(context, 'context', segments);
  cache.set(decision, segments);
  return segments;
}

function collectStrings(value: unknown, field: string, into: Segment[]): void {
  if (typeof value === 'string') into.push({ field, origin: 'user', text: value });
  else if (Array.isArray(value))
    value.forEach((item, index) => collectStrings(item, `${field}.${index}`, into));
  else if (value !== null && typeof value === 'object')
    for (const [key, item] of Object.entries(value)) collectStrings(item, `${field}.${key}`, into);
}
