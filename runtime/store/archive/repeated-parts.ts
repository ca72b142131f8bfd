/**
 * Parts of entries that occur more than once: kept once, by their digest, while every entry keeps its line.
 *
 * A part is an object, array or string of an entry's canonical text, of at least {@link MIN_PART_LENGTH}
 * characters. In a line a repeated part is replaced by its number between two control characters, which
 * canonical JSON never contains.
 */
import { WitanError } from '../../../contracts/errors.ts';

/** Characters from which on a part is worth a reference. */
export const MIN_PART_LENGTH = 160;

const OPEN = '\u0001';
const CLOSE = '\u0002';
const REFERENCE = /\u0001(\d+)\u0002/g;

interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Collects parts of entries, then writes lines in which repeated ones are references. */
export class RepeatedParts {
  readonly #counts = new Map<string, number>();
  readonly #numbers = new Map<string, number>();

  /** Counts the parts of one entry. Cost: its length times the depth of its nesting. */
  add(canonical: string): void {
    for (const { begin, end } of partsOf(canonical)) {
      const part = canonical.slice(begin, end);
      this.#counts.set(part, (this.#counts.get(part) ?? 0) + 1);
    }
  }

  /** The entry's line. Parts that it is the first to repeat are numbered. */
  line(canonical: string): string {
    let line = '';
    let from = 0;
    for (const { begin, end } of partsOf(canonical)) {
      // Outer parts come first: what lies inside a replaced one is gone with it.
      if (begin < from) continue;
      const part = canonical.slice(begin, end);
      if ((this.#counts.get(part) ?? 0) < 2) continue;
      line += `${canonical.slice(from, begin)}${OPEN}${this.#numberOf(part)}${CLOSE}`;
      from = end;
    }
    return line + canonical.slice(from);
  }

  /** Parts that lines refer to, by number. */
  parts(): string[] {
    return [...this.#numbers.keys()];
  }

  #numberOf(part: string): number {
    const known = this.#numbers.get(part);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(part, number);
    return number;
  }
}

/** Canonical text of a line. @throws verification_failed for a reference to no part */
export function restoreLine(line: string, parts: readonly string[]): string {
  if (!line.includes(OPEN)) return line;
  return line.replace(REFERENCE, (_reference, number: string) => {
    const part = parts[Number(number)];
    if (part !== undefined) return part;
    throw new WitanError('verification_failed', `a line refers to part ${number} of ${parts.length}`, {});
  });
}

/** Spans of containers and strings of sufficient length, outer ones before inner ones. */
function partsOf(text: string): Span[] {
  const spans: Span[] = [];
  const open: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      const end = stringEnd(text, at);
      // The name of a member is no part; it is short anyway.
      if (end - at >= MIN_PART_LENGTH) spans.push({ begin: at, end });
      at = end - 1;
    } else if (code === 0x7b || code === 0x5b) open.push(at);
    else if (code === 0x7d || code === 0x5d) {
      const begin = open.pop() ?? 0;
      if (at + 1 - begin >= MIN_PART_LENGTH) spans.push({ begin, end: at + 1 });
    }
  }
  return spans.sort((left, right) => left.begin - right.begin || right.end - left.end);
}

/** Place after the closing quote of the string that begins at `begin`. */
function stringEnd(text: string, begin: number): number {
  for (let quote = text.indexOf('"', begin + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  return text.length;
}
