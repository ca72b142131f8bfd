/** Erasure code over GF(2^8): whichever `k` of `n` symbols are left give the message back. */

// x^8 + x^4 + x^3 + x^2 + 1, generator 2: the field of most Reed–Solomon codes.
const POLYNOMIAL = 0x11d;
const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = value;
  EXP[power + 255] = value;
  LOG[value] = power;
  value <<= 1;
  if (value > 255) value ^= POLYNOMIAL;
}

function multiply(left: number, right: number): number {
  return left === 0 || right === 0 ? 0 : EXP[LOG[left]! + LOG[right]!]!;
}

function divide(left: number, right: number): number {
  return left === 0 ? 0 : EXP[LOG[left]! + 255 - LOG[right]!]!;
}

/** A symbol and its place in the code word. */
export interface CodeSymbol {
  /** From 0. */
  readonly at: number;
  /** 0 to 255. */
  readonly value: number;
}

/**
 * Values at 0…n-1 of the polynomial through (0, message[0]), (1, message[1]) …: the message stands in the
 * first symbols.
 * @param count length of the code word, at most 255
 */
export function encodeErasure(message: Uint8Array, count: number): Uint8Array {
  const known = Array.from(message, (value, at) => ({ at, value }));
  return Uint8Array.from({ length: count }, (_, at) => message[at] ?? interpolate(known, at));
}

/** Message of `length` symbols from that many symbols of a code word, each at another place. */
export function decodeErasure(symbols: readonly CodeSymbol[], length: number): Uint8Array {
  const known = symbols.slice(0, length);
  return Uint8Array.from(
    { length },
    (_, at) => known.find((symbol) => symbol.at === at)?.value ?? interpolate(known, at),
  );
}

/** Lagrange's form; in this field, addition and subtraction are the exclusive or. */
function interpolate(known: readonly CodeSymbol[], x: number): number {
  let sum = 0;
  for (const { at, value } of known) {
    let term = value;
    for (const other of known) {
      if (other.at !== at) term = divide(multiply(term, x ^ other.at), at ^ other.at);
    }
    sum ^= term;
  }
  return sum;
}
