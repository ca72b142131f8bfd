/** Convolutional code of rate 1/2 and its soft decoder, for bits that are barely readable one by one. */

// Constraint length 7, generators 171 and 133 octal: the code of CCSDS 131.0-B and IEEE 802.11.
const GENERATORS = [0o171, 0o133] as const;
const MEMORY = 6;
const STATES = 1 << MEMORY;

/** Coded bits of `count` bits: two for each, and for six zeros that end the code. */
export function codedLength(count: number): number {
  return 2 * (count + MEMORY);
}

/** Codes bits (0 or 1). */
export function encodeBits(bits: readonly number[]): number[] {
  let state = 0;
  return [...bits, ...Array<number>(MEMORY).fill(0)].flatMap((bit) => {
    const register = (bit << MEMORY) | state;
    state = register >> 1;
    return GENERATORS.map((generator) => parity(register & generator));
  });
}

/**
 * Most likely bits (Viterbi).
 * @param soft one number a coded bit: positive for 0, negative for 1, larger for surer
 */
export function decodeBits(soft: readonly number[]): number[] {
  const steps = soft.length / 2;
  let scores = new Float64Array(STATES).fill(-Infinity);
  scores[0] = 0;
  const came = Array.from({ length: steps }, () => new Uint8Array(STATES));
  for (let step = 0; step < steps; step += 1) {
    const next = new Float64Array(STATES).fill(-Infinity);
    for (let state = 0; state < STATES; state += 1) {
      if (scores[state] === -Infinity) continue;
      for (let bit = 0; bit <= 1; bit += 1) {
        const register = (bit << MEMORY) | state;
        const score = scores[state]! + branch(register, soft[2 * step]!, soft[2 * step + 1]!);
        const target = register >> 1;
        if (score <= next[target]!) continue;
        next[target] = score;
        // The bit that fell out of the register says which state this one came from.
        came[step]![target] = state & 1;
      }
    }
    scores = next;
  }
  const bits: number[] = [];
  let state = 0;
  for (let step = steps - 1; step >= 0; step -= 1) {
    bits.push(state >> (MEMORY - 1));
    state = ((state << 1) & (STATES - 1)) | came[step]![state]!;
  }
  return bits.reverse().slice(0, -MEMORY);
}

function branch(register: number, first: number, second: number): number {
  const one = parity(register & GENERATORS[0]) === 0 ? first : -first;
  return one + (parity(register & GENERATORS[1]) === 0 ? second : -second);
}

function parity(value: number): number {
  let bits = value;
  bits ^= bits >> 4;
  bits ^= bits >> 2;
  bits ^= bits >> 1;
  return bits & 1;
}
