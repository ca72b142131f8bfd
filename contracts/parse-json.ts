/**
 * JSON from outside, read strictly: what every door uses before a schema sees the value.
 *
 * `JSON.parse` takes duplicate keys, `1e999` and lone surrogates, and has no limit on depth. Each of them
 * lets two readers of one message see two messages, so a record would not say what was judged.
 */
import { WitanError } from './errors.ts';

/** JSON value as read from outside; numbers are finite. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What one message may cost. */
export interface JsonLimits {
  /** Bytes before decoding. */
  readonly maxBytes: number;
  /** Nesting of objects and arrays; a scalar has depth 0. */
  readonly maxDepth: number;
  /** Object members and array items in all. */
  readonly maxNodes: number;
}

/**
 * Decodes and parses one JSON text; nothing is repaired and nothing is guessed. O(bytes).
 *
 * Refuses malformed UTF-8 and lone surrogates, duplicate keys, the key `__proto__`, numbers outside the
 * range of a double or integers that a double cannot hold, and whatever exceeds `limits`. Values are never
 * echoed in errors.
 * @throws too_large, too_deep, bad_encoding, invalid_argument; `details.path` is dotted (`messages.3.role`)
 * @source RFC 8259, RFC 7493 (I-JSON)
 * @example parseJson(new TextEncoder().encode('{"a":[1]}'), { maxBytes: 99, maxDepth: 2, maxNodes: 9 }) // {
 *   a: [1] }
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): Json {
  if (bytes.byteLength > limits.maxBytes) {
    throw new WitanError('too_large', `the message has ${bytes.byteLength} bytes`, {
      path: '',
      expected: `at most ${limits.maxBytes} bytes`,
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new WitanError('bad_encoding', 'the bytes are not UTF-8', { path: '', expected: 'UTF-8' }, error);
  }
  const reader: Reader = { text, at: 0, depth: 0, nodes: 0, limits, path: [] };
  skipSpace(reader);
  const value = readValue(reader);
  skipSpace(reader);
  if (reader.at < text.length) syntax(reader, 'end of text');
  return value;
}

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
  nodes: number;
  readonly limits: JsonLimits;
  readonly path: (string | number)[];
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Half a surrogate pair, which has no UTF-8 form. */
export const LONE_SURROGATE = /\p{Surrogate}/u;
const SPACE = /[ \t\n\r]*/y;

function readValue(reader: Reader): Json {
  switch (reader.text[reader.at]) {
    case '{':
      return readObject(reader);
    case '[':
      return readArray(reader);
    case '"':
      return readString(reader);
    case 't':
      return readWord(reader, 'true', true);
    case 'f':
      return readWord(reader, 'false', false);
    case 'n':
      return readWord(reader, 'null', null);
    default:
      return readNumber(reader);
  }
}

function readObject(reader: Reader): Json {
  enter(reader);
  const object: { [key: string]: Json } = {};
  if (!take(reader, '}')) {
    do {
      skipSpace(reader);
      if (reader.text[reader.at] !== '"') syntax(reader, 'a key in double quotes');
      const key = readString(reader);
      reader.path.push(key);
      if (key === '__proto__') invalid(reader, 'the key __proto__ is not allowed', 'another key');
      if (Object.hasOwn(object, key)) invalid(reader, 'a key stands twice in one object', 'each key once');
      skipSpace(reader);
      if (reader.text[reader.at] !== ':') syntax(reader, 'a colon');
      reader.at += 1;
      object[key] = readMember(reader);
      reader.path.pop();
    } while (take(reader, ','));
    if (!take(reader, '}')) syntax(reader, 'a comma or }');
  }
  reader.depth -= 1;
  return object;
}

function readArray(reader: Reader): Json {
  enter(reader);
  const array: Json[] = [];
  if (!take(reader, ']')) {
    do {
      reader.path.push(array.length);
      array.push(readMember(reader));
      reader.path.pop();
    } while (take(reader, ','));
    if (!take(reader, ']')) syntax(reader, 'a comma or ]');
  }
  reader.depth -= 1;
  return array;
}

function readMember(reader: Reader): Json {
  reader.nodes += 1;
  if (reader.nodes > reader.limits.maxNodes) {
    fail(reader, 'too_large', 'the message has too many values', `at most ${reader.limits.maxNodes} values`);
  }
  skipSpace(reader);
  const value = readValue(reader);
  skipSpace(reader);
  return value;
}

function readString(reader: Reader): string {
  const { text } = reader;
  let end = text.indexOf('"', reader.at + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  if (end < 0) syntax(reader, 'a string in double quotes');
  let value: string;
  try {
    // One string token: the platform's parser checks escapes and control characters.
    value = JSON.parse(text.slice(reader.at, end + 1)) as string;
  } catch {
    return syntax(reader, 'a string with valid escapes and no control characters');
  }
  if (LONE_SURROGATE.test(value)) {
    fail(reader, 'bad_encoding', 'a string holds half a surrogate pair', 'well-formed Unicode');
  }
  reader.at = end + 1;
  return value;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes += 1;
  return slashes % 2 === 1;
}

function readNumber(reader: Reader): number {
  NUMBER.lastIndex = reader.at;
  if (!NUMBER.test(reader.text)) syntax(reader, 'a JSON value');
  const raw = reader.text.slice(reader.at, NUMBER.lastIndex);
  reader.at = NUMBER.lastIndex;
  const value = Number(raw);
  if (!Number.isFinite(value)) invalid(reader, 'a number is out of range', 'a number that a double can hold');
  if (/^-?[0-9]+$/.test(raw) && !Number.isSafeInteger(value)) {
    invalid(reader, 'an integer would lose digits', 'an integer within ±(2^53 - 1), or a string');
  }
  return value;
}

function readWord<T extends Json>(reader: Reader, word: string, value: T): T {
  if (!reader.text.startsWith(word, reader.at)) syntax(reader, 'a JSON value');
  reader.at += word.length;
  return value;
}

function enter(reader: Reader): void {
  reader.at += 1;
  reader.depth += 1;
  if (reader.depth > reader.limits.maxDepth) {
    fail(reader, 'too_deep', 'the message is nested too deep', `at most ${reader.limits.maxDepth} levels`);
  }
}

function take(reader: Reader, mark: string): boolean {
  skipSpace(reader);
  if (reader.text[reader.at] !== mark) return false;
  reader.at += 1;
  return true;
}

function skipSpace(reader: Reader): void {
  SPACE.lastIndex = reader.at;
  SPACE.test(reader.text);
  reader.at = SPACE.lastIndex;
}

function syntax(reader: Reader, expected: string): never {
  const where = reader.at >= reader.text.length ? 'the text ends' : `there is no ${expected}`;
  return fail(reader, 'bad_encoding', `not JSON: ${where} at character ${reader.at}`, expected);
}

function invalid(reader: Reader, message: string, expected: string): never {
  return fail(reader, 'invalid_argument', message, expected);
}

function fail(reader: Reader, code: WitanError['code'], message: string, expected: string): never {
  throw new WitanError(code, message, { path: dottedPath(reader.path), expected });
}

/** Dotted path of a place in a message (`messages.3.role`), cut at 300 characters. */
export function dottedPath(path: readonly PropertyKey[]): string {
  const dotted = path.map(String).join('.');
  return dotted.length > 300 ? `${dotted.slice(0, 299)}…` : dotted;
}
