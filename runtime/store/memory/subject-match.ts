/** NATS subject grammar for in-process matching. */
import { WitanError } from '../../../contracts/errors.ts';

/** Whether a concrete subject falls under a pattern: `*` is one token, a final `>` is one or more. */
export function matchesSubject(pattern: readonly string[], subject: readonly string[]): boolean {
  for (let at = 0; at < pattern.length; at++) {
    const token = pattern[at]!;
    if (token === '>') return subject.length > at;
    if (at >= subject.length || (token !== '*' && token !== subject[at])) return false;
  }
  return subject.length === pattern.length;
}

/**
 * Splits and checks a subject. @throws invalid_argument for empty tokens, blanks, and wildcards out of
 * place
 */
export function parseSubject(subject: string, kind: 'subject' | 'pattern'): string[] {
  const tokens = subject.split('.');
  const isValid = tokens.every((token, at) => {
    if (token === '' || /\s/.test(token)) return false;
    if (!token.includes('*') && !token.includes('>')) return true;
    return kind === 'pattern' && (token === '*' || (token === '>' && at === tokens.length - 1));
  });
  if (isValid) return tokens;
  throw new WitanError('invalid_argument', `not a ${kind}: ${JSON.stringify(subject)}`, {
    path: 'subject',
    expected:
      kind === 'subject'
        ? 'dot-separated tokens without * and >'
        : 'dot-separated tokens; * alone, > at the end',
  });
}
