/** Form of subjects and of names inside them. */
import { createHash } from 'node:crypto';
import { WitanError } from '../../../contracts/errors.ts';

/** Refuses what NATS would refuse or misread. @throws invalid_argument */
export function assertSubject(subject: string, kind: 'subject' | 'pattern'): void {
  const tokens = subject.split('.');
  const isValid = tokens.every((token, at) => {
    if (token === '' || /[\s\u0000-\u001f]/.test(token)) return false;
    if (!token.includes('*') && !token.includes('>')) return true;
    return kind === 'pattern' && (token === '*' || (token === '>' && at === tokens.length - 1));
  });
  if (isValid && subject.length <= 1_024) return;
  throw new WitanError('invalid_argument', `not a ${kind}`, {
    path: 'subject',
    expected:
      kind === 'subject'
        ? 'dot-separated tokens without * and >'
        : 'dot-separated tokens; * alone, > at the end',
  });
}

/** A token with what may not stand in a subject or a stream's name as `=` and two hex digits a byte. */
export function encodeToken(token: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(token)) return token;
  let encoded = '';
  for (const byte of Buffer.from(token)) {
    const char = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9_/-]/.test(char) ? char : `=${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }
  return encoded;
}

/** Opposite of {@link encodeToken}. */
export function decodeToken(token: string): string {
  if (!token.includes('=')) return token;
  const bytes: number[] = [];
  for (let at = 0; at < token.length; at++) {
    if (token[at] !== '=') bytes.push(token.charCodeAt(at));
    else bytes.push(Number.parseInt(token.slice(at + 1, (at += 2) + 1), 16));
  }
  return Buffer.from(bytes).toString();
}

/** 32 hex digits that stand for a text which must not show in a subject. */
export function subjectDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
