/** Figures of one pool in fixed memory: totals since its start, the rest of the last one or two minutes. */
import { Histogram } from '../../../runtime/kernel/inspect/histogram.ts';

/** What is asked about a batch. */
export interface BatchFigures {
  readonly rowCount: number;
  /** Rows × the dearest of them. */
  readonly cost: number;
  /** Time in the runner, ms. */
  readonly elapsedMs: number;
}

interface Span {
  readonly sinceMs: number;
  rows: number;
  readonly latency: Histogram;
}

const SPAN_MS = 60_000;
/** Before the first batch: nothing is refused for want of time on a guess. */
const NO_RATE = 0;
/** The best rate is forgotten by a percent a batch, so that a machine that has become slow is believed. */
const FORGET = 1.01;
const MEAN_WEIGHT = 0.1;

/** Counts and times of one incarnation of a pool. */
export class PoolFigures {
  rows = 0;
  batches = 0;
  restarts = 0;
  readonly refused: Record<string, number> = {};
  #present: Span;
  #before: Span | undefined;
  #bestMsPerCost = NO_RATE;
  #meanMsPerCost = NO_RATE;

  constructor(nowMs: number) {
    this.#present = spanFrom(nowMs);
  }

  batch({ rowCount, cost, elapsedMs }: BatchFigures): void {
    this.rows += rowCount;
    this.batches += 1;
    const rate = elapsedMs / cost;
    const best = this.#bestMsPerCost * FORGET;
    this.#bestMsPerCost = best === NO_RATE ? rate : Math.min(best, rate);
    this.#meanMsPerCost =
      this.#meanMsPerCost === NO_RATE ? rate : this.#meanMsPerCost * (1 - MEAN_WEIGHT) + rate * MEAN_WEIGHT;
  }

  /** @param rowCount Rows of the request. @param tookMs From its acceptance to its answer. */
  answered(rowCount: number, tookMs: number, nowMs: number): void {
    const span = this.#spanAt(nowMs);
    span.rows += rowCount;
    span.latency.add(tookMs);
  }

  refusal(code: string): void {
    this.refused[code] = (this.refused[code] ?? 0) + 1;
  }

  /** The shortest time that a text of this cost took lately, in a batch; 0 before the first batch. */
  bestMs(cost: number): number {
    return cost * this.#bestMsPerCost;
  }

  /** The time that this cost takes one worker in the mean; 0 before the first batch. */
  meanMs(cost: number): number {
    return cost * this.#meanMsPerCost;
  }

  recent(nowMs: number): { readonly rowsPerSecond: number; readonly p50Ms: number; readonly p99Ms: number } {
    this.#spanAt(nowMs);
    const before = this.#before;
    const spans = before ? [before, this.#present] : [this.#present];
    const sinceMs = spans[0]!.sinceMs;
    const rows = spans.reduce((sum, span) => sum + span.rows, 0);
    const fullest = before && before.latency.count > this.#present.latency.count ? before : this.#present;
    return {
      rowsPerSecond: rows / Math.max(0.001, (nowMs - sinceMs) / 1_000),
      p50Ms: fullest.latency.quantileMs(0.5),
      p99Ms: fullest.latency.quantileMs(0.99),
    };
  }

  #spanAt(nowMs: number): Span {
    const ageMs = nowMs - this.#present.sinceMs;
    if (ageMs >= SPAN_MS) {
      this.#before = ageMs < 2 * SPAN_MS ? this.#present : undefined;
      this.#present = spanFrom(nowMs);
    }
    return this.#present;
  }
}

function spanFrom(sinceMs: number): Span {
  return { sinceMs, rows: 0, latency: new Histogram() };
}
