/** Sine and cosine from sums and products alone: the same bits on each machine, whatever its library does. */

const TERMS = 14;

/** Sine of an angle in radians, |angle| ≤ 1,000; exact to 1e-12. */
export function sine(angle: number): number {
  const turn = 2 * Math.PI;
  const rest = angle - turn * Math.round(angle / turn);
  let term = rest;
  let sum = rest;
  for (let n = 1; n <= TERMS; n += 1) {
    term *= (-rest * rest) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}

/** Cosine of an angle in radians, |angle| ≤ 1,000; exact to 1e-12. */
export function cosine(angle: number): number {
  return sine(angle + Math.PI / 2);
}
