/** Logistic regression: sparse rows by AdaGrad in a fixed order, dense rows by L-BFGS. Same rows, same weights. */
import { numbersFrom } from './material/expand.ts';

/**
 * Rows in one block. The buckets of row `i` are `buckets[offsets[i] … offsets[i + 1])`; words begin at
 * `middles[i]`. Characters and words count 1/√n each, n being their number in the row.
 */
export interface SparseRows {
  readonly offsets: Int32Array;
  readonly middles: Int32Array;
  readonly buckets: Int32Array;
  readonly labels: Uint8Array;
  /** What each row counts; 0 leaves it out. */
  readonly weights: Float64Array;
}

/** Weights of the buckets, then the constant. */
export interface LinearWeights {
  readonly weights: Float64Array;
  readonly constant: number;
}

/** How the fit is made. */
export interface FitOptions {
  /** Number of buckets. */
  readonly width: number;
  /** Pull toward zero, a share of each step. */
  readonly l2: number;
  readonly rounds: number;
  readonly rate: number;
  /** Squares that every bucket begins with: the larger, the less a rare n-gram may move. */
  readonly floor: number;
}

/** Step sizes per bucket. @source Duchi, Hazan, Singer: JMLR 12 (2011), algorithm 1, diagonal */
export function fitSparse(rows: SparseRows, { width, l2, rounds, rate, floor }: FitOptions): LinearWeights {
  const used: number[] = [];
  let total = 0;
  rows.weights.forEach((weight, row) => {
    if (weight > 0) used.push(row);
    total += weight;
  });
  const scaleOfWeights = used.length / total;
  const at = new Float64Array(width);
  const squares = new Float64Array(width).fill(floor);
  let constant = 0;
  let constantSquares = floor;
  const next = numbersFrom(7);
  const { offsets, middles, buckets } = rows;
  for (let round = 0; round < rounds; round += 1) {
    shuffle(used, next);
    for (const row of used) {
      const from = offsets[row]!;
      const middle = middles[row]!;
      const to = offsets[row + 1]!;
      const charScale = 1 / Math.sqrt(Math.max(1, middle - from));
      const wordScale = 1 / Math.sqrt(Math.max(1, to - middle));
      let chars = 0;
      let words = 0;
      for (let i = from; i < middle; i += 1) chars += at[buckets[i]!]!;
      for (let i = middle; i < to; i += 1) words += at[buckets[i]!]!;
      const logit = chars * charScale + words * wordScale + constant;
      const slope = (1 / (1 + Math.exp(-logit)) - rows.labels[row]!) * rows.weights[row]! * scaleOfWeights;
      for (let i = from; i < to; i += 1) {
        const bucket = buckets[i]!;
        const step = slope * (i < middle ? charScale : wordScale) + l2 * at[bucket]!;
        const sum = squares[bucket]! + step * step;
        squares[bucket] = sum;
        at[bucket]! -= (rate * step) / Math.sqrt(sum);
      }
      constantSquares += slope * slope;
      constant -= (rate * slope) / Math.sqrt(constantSquares);
    }
  }
  return { weights: at, constant };
}

function shuffle(items: number[], next: () => number): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Math.floor(next() * (at + 1));
    const kept = items[at]!;
    items[at] = items[other]!;
    items[other] = kept;
  }
}

const MEMORY = 8;

/**
 * Minimises weighted log loss of dense rows; the last number of a row should be the constant 1. A weight
 * whose sign is 1 and that would turn negative is left out, and the others are fitted again.
 */
export function fitDense(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  options: { l2: number; weights?: readonly number[]; signs?: readonly number[] },
): number[] {
  const width = rows[0]!.length;
  const left = new Set<number>();
  for (let attempt = 0; attempt < width; attempt += 1) {
    const found = fitFree(rows, labels, options, left);
    const wrong = found.flatMap((value, at) => (options.signs?.[at] === 1 && value < 0 ? [at] : []));
    if (wrong.length === 0) return found;
    left.add(wrong.reduce((worst, at) => (found[at]! < found[worst]! ? at : worst)));
  }
  return Array.from({ length: width }, () => 0);
}

function fitFree(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  { l2, weights }: { l2: number; weights?: readonly number[] },
  left: ReadonlySet<number>,
): number[] {
  const width = rows[0]!.length;
  const total = weights ? weights.reduce((sum, one) => sum + one, 0) : rows.length;
  const point = minimise(
    new Float64Array(width),
    (at, gradient) => {
      gradient.fill(0);
      let loss = 0;
      rows.forEach((row, index) => {
        const weight = (weights?.[index] ?? 1) / total;
        let logit = 0;
        for (let i = 0; i < width; i += 1) logit += at[i]! * row[i]!;
        const label = labels[index]!;
        loss += weight * softplus(label === 1 ? -logit : logit);
        const slope = weight * (1 / (1 + Math.exp(-logit)) - label);
        for (let i = 0; i < width; i += 1) gradient[i]! += slope * row[i]!;
      });
      for (let i = 0; i < width - 1; i += 1) {
        loss += 0.5 * l2 * at[i]! * at[i]!;
        gradient[i]! += l2 * at[i]!;
      }
      for (const i of left) gradient[i] = 0;
      return loss;
    },
    200,
  );
  return Array.from(point);
}

type Objective = (at: Float64Array, gradient: Float64Array) => number;

/** L-BFGS with backtracking. @source Nocedal, Wright: Numerical Optimization (2006), algorithms 7.4 and 3.1 */
export function minimise(start: Float64Array, objective: Objective, rounds: number): Float64Array {
  const size = start.length;
  let at = Float64Array.from(start);
  let gradient = new Float64Array(size);
  let loss = objective(at, gradient);
  const steps: Float64Array[] = [];
  const turns: Float64Array[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const direction = descent(gradient, steps, turns);
    let slope = dot(direction, gradient);
    if (slope >= 0) {
      direction.set(gradient.map((value) => -value));
      slope = dot(direction, gradient);
    }
    if (Math.sqrt(dot(gradient, gradient)) < 1e-7) break;
    let length = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const next = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    let nextLoss = loss;
    for (let attempt = 0; attempt < 30; attempt += 1) {
      for (let i = 0; i < size; i += 1) next[i] = at[i]! + length * direction[i]!;
      nextLoss = objective(next, nextGradient);
      if (nextLoss <= loss + 1e-4 * length * slope) break;
      length /= 2;
    }
    if (!(nextLoss < loss)) break;
    const step = new Float64Array(size);
    const turn = new Float64Array(size);
    for (let i = 0; i < size; i += 1) {
      step[i] = next[i]! - at[i]!;
      turn[i] = nextGradient[i]! - gradient[i]!;
    }
    if (dot(step, turn) > 1e-14) {
      steps.push(step);
      turns.push(turn);
      if (steps.length > MEMORY) {
        steps.shift();
        turns.shift();
      }
    }
    const gained = loss - nextLoss;
    at = next;
    gradient = nextGradient;
    loss = nextLoss;
    if (gained < 1e-9) break;
  }
  return at;
}

function descent(gradient: Float64Array, steps: Float64Array[], turns: Float64Array[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const shares: number[] = [];
  for (let i = steps.length - 1; i >= 0; i -= 1) {
    const share = dot(steps[i]!, direction) / dot(steps[i]!, turns[i]!);
    shares[i] = share;
    addScaled(direction, turns[i]!, -share);
  }
  const last = steps.length - 1;
  if (last >= 0) {
    const scale = dot(steps[last]!, turns[last]!) / dot(turns[last]!, turns[last]!);
    for (let i = 0; i < direction.length; i += 1) direction[i]! *= scale;
  }
  for (let i = 0; i < steps.length; i += 1) {
    const back = dot(turns[i]!, direction) / dot(steps[i]!, turns[i]!);
    addScaled(direction, steps[i]!, shares[i]! - back);
  }
  return direction;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i += 1) sum += left[i]! * right[i]!;
  return sum;
}

function addScaled(to: Float64Array, from: Float64Array, scale: number): void {
  for (let i = 0; i < to.length; i += 1) to[i]! += scale * from[i]!;
}

function softplus(value: number): number {
  return value > 30 ? value : Math.log1p(Math.exp(value));
}
