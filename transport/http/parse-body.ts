/** HTTP body → JSON value: content type and coding checked, then the strict parser of contracts. */
import { WitanError } from '../../contracts/errors.ts';
import { parseJson } from '../../contracts/parse-json.ts';
import type { Json, JsonLimits } from '../../contracts/parse-json.ts';

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json$/;

/**
 * Reads the JSON body of a request; the bytes were already bounded while they came in.
 * @throws invalid_argument (content type, coding), bad_encoding, too_large, too_deep
 */
export function parseBody(bytes: Uint8Array, headers: BodyHeaders, limits: JsonLimits): Json {
  checkContentType(headers['content-type']);
  checkCoding(headers);
  return parseJson(bytes, limits);
}

/**
 * Reads a body that is text. Its content type does not matter: such endpoints change nothing for whoever a
 * browser could be made to send it by.
 * @throws invalid_argument (coding), bad_encoding when it is not UTF-8
 */
export function parseText(bytes: Uint8Array, headers: BodyHeaders): string {
  checkCoding(headers);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new WitanError('bad_encoding', 'the body is not UTF-8', { expected: 'UTF-8' }, cause);
  }
}

/** The headers that say what a body is. */
export interface BodyHeaders {
  readonly 'content-type'?: string | undefined;
  readonly 'content-encoding'?: string | undefined;
}

function checkCoding(headers: BodyHeaders): void {
  if (headers['content-encoding'] === undefined || headers['content-encoding'] === 'identity') return;
  throw new WitanError('invalid_argument', 'compressed bodies are not accepted', {
    path: 'content-encoding',
    expected: 'identity',
  });
}

function checkContentType(header: string | undefined): void {
  const [type = '', ...parameters] = (header ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  // A page of another origin can send text/plain without asking the server first; JSON it cannot.
  if (JSON_TYPE.test(type) && (charset === undefined || charset === 'utf-8')) return;
  throw new WitanError('invalid_argument', 'the body is not declared as JSON in UTF-8', {
    path: 'content-type',
    expected: 'application/json; charset=utf-8',
  });
}
