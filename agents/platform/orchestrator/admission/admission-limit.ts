/** How many decisions may be open at once, found from how long a message waits for its turn. */

/** Bounds of the limit; times in ms. */
export interface AdmissionBounds {
  /** The limit never exceeds it: `admission.openDecisionMaxCount`. */
  readonly maxCount: number;
  /**
   * Mean wait above which fewer are admitted, `admission.waitTargetMs`; 0: the limit is fixed at its
   * maximum.
   */
  readonly targetMs: number;
}

const WINDOW_PROBES = 10;
/** A single wait counts for at most so many targets: one collection of garbage is no overload. */
const OUTLIER_TARGETS = 4;
/** Open decisions that are always allowed: fewer leave the processor idle while records are written. */
const MIN_COUNT = 8;
const START_COUNT = 32;
const CUT = 0.8;
const GROWTH = 0.1;

/**
 * Raises the limit while it is used up and messages are taken promptly, cuts it when they are not.
 *
 * Decisions that wait on pools or providers leave the run queue empty, so the limit then grows to its
 * maximum;
 * where the processor is the bottleneck, more open decisions only wait for each other, and the limit falls to
 * what keeps it busy. Pure: the caller measures.
 * @source Nichols & Jacobson, "Controlling Queue Delay", 2012 (delay, not length, tells of overload); Chiu &
 *   Jain, "Analysis of the increase and decrease algorithms", 1989
 */
export class AdmissionLimit {
  readonly #bounds: AdmissionBounds;
  #limit: number;
  #waitedMs = 0;
  #probeCount = 0;
  #wasUsedUp = false;

  constructor(bounds: AdmissionBounds) {
    this.#bounds = bounds;
    const { maxCount, targetMs } = bounds;
    this.#limit = targetMs === 0 ? maxCount : Math.min(START_COUNT, maxCount);
  }

  /** Decisions that may be open now. */
  get count(): number {
    return Math.floor(this.#limit);
  }

  /** Takes the wait of one message and the number of open decisions; true when the limit changed. */
  observe(waitMs: number, openCount: number): boolean {
    const { maxCount, targetMs } = this.#bounds;
    if (targetMs === 0) return false;
    this.#waitedMs += Math.min(Math.max(0, waitMs), targetMs * OUTLIER_TARGETS);
    if (openCount >= this.count) this.#wasUsedUp = true;
    this.#probeCount += 1;
    if (this.#probeCount < WINDOW_PROBES) return false;
    const before = this.count;
    if (this.#waitedMs > targetMs * WINDOW_PROBES) {
      this.#limit = Math.max(Math.min(MIN_COUNT, maxCount), this.#limit * CUT);
    } else if (this.#wasUsedUp) {
      this.#limit = Math.min(maxCount, this.#limit + Math.max(1, this.#limit * GROWTH));
    }
    this.#waitedMs = 0;
    this.#probeCount = 0;
    this.#wasUsedUp = false;
    return this.count !== before;
  }
}
