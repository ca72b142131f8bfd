/**
 * JSON of any shape as the text of one protobuf field.
 *
 * `google.protobuf.Struct` would let a second reader see another value than ours: it takes duplicate keys,
 * has no limits of its own and keeps no integer apart from a double (docs/adr/0009).
 */
import { WitanError } from '../../errors.ts';
import { dottedPath, parseJson } from '../../parse-json.ts';
import { REQUEST_LIMITS } from '../../parse-message.ts';
import type { Decoding, ValueCodec } from './value-codec.ts';

const encoder = new TextEncoder();

/** JSON value ↔ text, at a door read as strictly as a body over HTTP. */
export const JSON_TEXT: ValueCodec = {
  encode: (value) => JSON.stringify(value),
  decode: (value, state) =>
    state.strict ? parseJsonText(value as string, state) : (JSON.parse(value as string) as unknown),
};

/**
 * Reads the JSON of one field. @throws bad_encoding, too_large, too_deep, invalid_argument; `details.path`
 * starts at the whole message
 */
export function parseJsonText(text: string, { path }: Pick<Decoding, 'path'>): unknown {
  try {
    return parseJson(encoder.encode(text), REQUEST_LIMITS);
  } catch (error) {
    if (!(error instanceof WitanError)) throw error;
    const inner = error.details.path;
    const whole = [...path, ...(inner === undefined || inner === '' ? [] : [inner])];
    throw new WitanError(error.code, error.message, { ...error.details, path: dottedPath(whole) });
  }
}
