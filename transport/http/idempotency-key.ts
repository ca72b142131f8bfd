/** The header `Idempotency-Key`. */
import type { IncomingHttpHeaders } from 'node:http';
import { WitanError } from '../../contracts/errors.ts';

const KEY_MAX_LENGTH = 200;

/** The caller's key of a call; undefined: it gave none. @throws invalid_argument */
export function idempotencyKeyIn(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.length > 0 && key.length <= KEY_MAX_LENGTH) return key;
  throw new WitanError('invalid_argument', 'the idempotency key is not of the expected form', {
    path: 'idempotency-key',
    expected: `1 to ${KEY_MAX_LENGTH} characters, once`,
  });
}
