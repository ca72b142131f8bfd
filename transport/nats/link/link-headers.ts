/** Form of headers: what may go out, and how long it is on the wire. */
import { WitanError } from '../../../contracts/errors.ts';
import type { LinkHeaders } from './nats-link.ts';

// A name or value with a line break in it would be read as a header of its own.
const NAME = /^[!-9;-~]{1,200}$/;
const VALUE = /^[^\u0000-\u001f\u007f]*$/;

/** Refuses what would break the header block. @throws invalid_argument */
export function assertHeaders(headers: LinkHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (NAME.test(name) && VALUE.test(value)) continue;
    throw new WitanError('invalid_argument', 'a header cannot be sent', {
      path: NAME.test(name) ? name : 'headers',
      expected: 'a visible ASCII name and a value without control characters',
    });
  }
}

/** Bytes of the header block. */
export function headersByteLength(headers: LinkHeaders): number {
  let size = 12;
  for (const [name, value] of Object.entries(headers)) size += name.length + Buffer.byteLength(value) + 4;
  return size;
}

/** Value of a header, whatever the case of its name. */
export function headerOf(headers: LinkHeaders, name: string): string | undefined {
  const exact = headers[name];
  if (exact !== undefined) return exact;
  // A message is asked for nine headers and has two: their names are made lower case once.
  let own = folded.get(headers);
  if (!own) {
    own = new Map();
    for (const each in headers) {
      const lower = each.toLowerCase();
      if (!own.has(lower)) own.set(lower, headers[each]!);
    }
    folded.set(headers, own);
  }
  return own.size === 0 ? undefined : own.get(name.toLowerCase());
}

const folded = new WeakMap<LinkHeaders, Map<string, string>>();
