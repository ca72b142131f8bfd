/** Counts of faults that really happened, by kind. */

/** Every kind of fault that a run may count: timed ones, those of minds, and those of the network. */
export type FaultKind = string;

/** Adds up faults by kind. */
export class FaultCounter {
  readonly counts: Record<FaultKind, number> = {};

  add(kind: FaultKind, count = 1): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + count;
  }
}
