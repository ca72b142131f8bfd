/** Which rows run together: pure, without clock or workers. */

/** A text that waits. */
export interface WaitingRow {
  /** What it costs in a batch, in the model's own unit; positive. */
  readonly cost: number;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** True: it was in a batch that ended a worker, and runs by itself now. */
  readonly isAlone: boolean;
}

/** Bounds of one batch. */
export interface BatchLimits {
  readonly rowMaxCount: number;
  /** Rows × the dearest of them: what a padded batch costs. One row alone may cost more. */
  readonly costMax: number;
  /** Longest time that a worker which has just answered waits for as many rows as it answered, ms. */
  readonly waitMs: number;
}

/** What a worker was doing. */
export interface FreeWorker {
  readonly freeSinceMs: number;
  /** Rows of the batch that it answered last; 0: none yet. */
  readonly lastRowCount: number;
}

/** What was taken off the line. */
export interface Taken<R> {
  /** Empty where nothing is left. */
  readonly batch: readonly R[];
  /** Rows that cannot be answered in their time any more. */
  readonly late: readonly R[];
}

/** Texts below this cost are all alike. */
const SHORT_COST = 16;
/** Rows looked at for one batch, as a multiple of its rows: no take is dearer however long the line is. */
const LOOK_FACTOR = 8;

/**
 * The line of one model. The oldest row is in the next batch always; those of about its length come with it,
 * so that no short text is padded to a long one and none waits for ever.
 */
export class Batcher<R extends WaitingRow> {
  #limits: BatchLimits;
  #rows: R[] = [];
  #cost = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** Bounds of the batches that are taken from now on. */
  setLimits(limits: BatchLimits): void {
    this.#limits = limits;
  }

  /** Rows that wait. */
  get rowCount(): number {
    return this.#rows.length;
  }

  /** Sum of their costs. */
  get cost(): number {
    return this.#cost;
  }

  /** Whether a batch needs no more waiting. */
  get isFull(): boolean {
    return this.#rows.length >= this.#limits.rowMaxCount || this.#cost >= this.#limits.costMax;
  }

  /** Adds rows behind the others. */
  push(rows: readonly R[]): void {
    for (const row of rows) {
      this.#rows.push(row);
      this.#cost += row.cost;
    }
  }

  /** Puts rows that were taken before back to the head of the line. */
  giveBack(rows: readonly R[]): void {
    this.#rows = [...rows, ...this.#rows];
    for (const { cost } of rows) this.#cost += cost;
  }

  /** Takes rows out that nobody waits for. O(rows) */
  remove(isGone: (row: R) => boolean): readonly R[] {
    const gone = this.#rows.filter(isGone);
    if (gone.length === 0) return gone;
    const left = new Set(gone);
    this.#rows = this.#rows.filter((row) => !left.has(row));
    for (const { cost } of gone) this.#cost -= cost;
    return gone;
  }

  /** When a worker may take what there is: now or earlier where it has been idle or the batch is full. */
  takesAtMs({ freeSinceMs, lastRowCount }: FreeWorker): number {
    if (this.isFull || this.#rows.length >= lastRowCount) return freeSinceMs;
    return freeSinceMs + this.#limits.waitMs;
  }

  /** The next batch. @param expectedMs Shortest time that a row of that cost takes. */
  take(nowMs: number, expectedMs: (cost: number) => number): Taken<R> {
    const { rowMaxCount, costMax } = this.#limits;
    const late: R[] = [];
    const batch: R[] = [];
    const passed: R[] = [];
    let dearest = 0;
    let at = 0;
    let looked = 0;
    for (; at < this.#rows.length && batch.length < rowMaxCount; at += 1) {
      const row = this.#rows[at]!;
      if (row.deadlineMs - nowMs <= expectedMs(row.cost)) {
        late.push(row);
        continue;
      }
      if (batch.length > 0 && (batch[0]!.isAlone || (looked += 1) > LOOK_FACTOR * rowMaxCount)) break;
      const cost = Math.max(dearest, row.cost);
      const fits = batch.length === 0 || (isAlike(batch[0]!, row) && (batch.length + 1) * cost <= costMax);
      if (!fits) {
        passed.push(row);
        continue;
      }
      dearest = cost;
      batch.push(row);
    }
    this.#rows = passed.concat(this.#rows.slice(at));
    for (const { cost } of batch) this.#cost -= cost;
    for (const { cost } of late) this.#cost -= cost;
    return { batch, late };
  }
}

/** Whether a row is padded with another without much waste. */
function isAlike(head: WaitingRow, row: WaitingRow): boolean {
  if (row.isAlone) return false;
  const headCost = Math.max(SHORT_COST, head.cost);
  const cost = Math.max(SHORT_COST, row.cost);
  return cost <= 2 * headCost && headCost <= 2 * cost;
}
