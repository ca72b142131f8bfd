/** When a batch is closed: on a number of entries, after a time, or on request. Pure. */

/** Limits of one batch. */
export interface BatchRules {
  readonly maxEntryCount: number;
  /** Time since the first entry that is in no closed batch. */
  readonly maxAgeMs: number;
}

/** What waits. */
export interface WaitingEntries {
  readonly count: number;
  readonly ageMs: number;
  readonly isAskedFor: boolean;
}

/** Whether the batch is closed now. */
export function isBatchDue({ count, ageMs, isAskedFor }: WaitingEntries, rules: BatchRules): boolean {
  if (count <= 0) return false;
  return isAskedFor || count >= rules.maxEntryCount || ageMs >= rules.maxAgeMs;
}
