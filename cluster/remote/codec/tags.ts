/**
 * How values that plain MessagePack lacks are written: an array that begins with one of these tags.
 *
 * No other array begins with a string that starts with NUL: one that did is written as `array`.
 */

/** First element of the array that stands for a special value; the rest of the array follows the comment. */
export const TAG = {
  /** Nothing follows. */
  undefined: '\0u',
  /** Nothing follows. */
  negativeZero: '\0z',
  /** Milliseconds since 1970, NaN for an invalid date. */
  date: '\0d',
  /** Decimal digits. */
  bigint: '\0n',
  /** Key, value, key, value … */
  map: '\0m',
  /** The members. */
  set: '\0s',
  /** Code, message, details. */
  error: '\0e',
  /** Parts of an address, see `addresses.ts`. */
  ref: '\0r',
  /** UTF-16 units, little endian, of a string with lone surrogates. */
  text: '\0w',
  /** The elements of an array that looks like a tagged one. */
  array: '\0a',
} as const;

/** Whether an array's first element says that the array stands for something else. */
export function isTag(first: unknown): first is string {
  return typeof first === 'string' && first.charCodeAt(0) === 0;
}
