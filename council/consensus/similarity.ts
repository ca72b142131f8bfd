/** How alike texts are, by their embeddings. */
import { WitanError } from '../../contracts/errors.ts';

/**
 * Cosine similarity of each pair, row by row: symmetric, 1 on the diagonal, within −1 and 1.
 *
 * @param rows one embedding a text, all of one width; a row of zeros is like nothing but itself
 * @throws invalid_argument for rows of different widths or with numbers that are none
 */
export function similarityMatrix(rows: readonly Float32Array[]): number[][] {
  const lengths = rows.map(lengthOf);
  return rows.map((row, at) =>
    rows.map((other, next) => {
      if (at === next) return 1;
      const product = dot(row, other);
      const scale = lengths[at]! * lengths[next]!;
      return scale === 0 ? 0 : Math.min(1, Math.max(-1, product / scale));
    }),
  );
}

function lengthOf(row: Float32Array): number {
  const length = Math.sqrt(dot(row, row));
  if (Number.isFinite(length)) return length;
  throw new WitanError('invalid_argument', 'an embedding holds a number that is none');
}

function dot(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length) {
    const details = { widths: [left.length, right.length] };
    throw new WitanError('invalid_argument', 'embeddings of different widths cannot be compared', details);
  }
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += left[at]! * right[at]!;
  return sum;
}
