/** What turns one value of a message into its protobuf form and back. */
import { WitanError } from '../../errors.ts';
import { dottedPath } from '../../parse-json.ts';

/** State of one conversion from protobuf: where it is, for errors, and how strict. */
export interface Decoding {
  readonly path: PropertyKey[];
  /**
   * True at a door: fields that the schema does not know and JSON that two readers could read differently are
   * errors. False for a client: it takes the answer of a newer node, and what a node has recorded.
   */
  readonly strict: boolean;
}

/** Both directions of one value; `decode` gives what the zod schema then parses, it does not validate. */
export interface ValueCodec {
  encode(value: unknown): unknown;
  /** @throws invalid_argument, unknown_field, bad_encoding, too_large, too_deep with `details.path` */
  decode(value: unknown, state: Decoding): unknown;
}

/** Value that is the same on both sides: text, boolean, 32-bit integer, double. */
export const SAME: ValueCodec = { encode: (value) => value, decode: (value) => value };

/** 64-bit integer of protobuf; here a safe integer. */
export const INT64: ValueCodec = {
  encode: (value) => BigInt(value as number),
  decode: (value, { path }) => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new WitanError('invalid_argument', 'an integer would lose digits', {
      path: dottedPath(path),
      expected: 'an integer within ±(2^53 - 1)',
    });
  },
};

/** Values in order. */
export function listCodec(item: ValueCodec): ValueCodec {
  if (item === SAME) return { encode: (value) => [...(value as unknown[])], decode: (value) => value };
  return {
    encode: (value) => (value as unknown[]).map((one) => item.encode(one)),
    decode: (value, state) =>
      (value as unknown[]).map((one, index) => {
        state.path.push(index);
        const decoded = item.decode(one, state);
        state.path.pop();
        return decoded;
      }),
  };
}

/** Words of a closed set; protobuf has a number for each. */
export function wordCodec(numbers: ReadonlyMap<string, number>): ValueCodec {
  const words = new Map([...numbers].map(([word, number]) => [number, word]));
  return {
    encode: (value) => numbers.get(value as string),
    decode: (value, { path }) => {
      const word = words.get(value as number);
      if (word !== undefined) return word;
      throw new WitanError('invalid_argument', `${dottedPath(path)}: no such value`, {
        path: dottedPath(path),
        expected: `one of ${[...numbers.keys()].join(', ')}`,
      });
    },
  };
}
