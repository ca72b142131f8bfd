/** What is remembered of scheduled jobs: pure, rebuilt from the journal. */

/** A step in the life of one slot of one job. Slots count periods since 1970-01-01 on the wall clock. */
export interface JobEvent {
  readonly type: 'job-started' | 'job-done' | 'job-failed';
  readonly job: string;
  readonly slot: number;
  readonly attempt: number;
}

/** Newest slot of each job and how far it got. */
export type JobHistory = Readonly<Record<string, JobEvent>>;

/** History after one more event. */
export function applyJobEvent(history: JobHistory, event: JobEvent): JobHistory {
  return { ...history, [event.job]: event };
}

/** Number of the period that `wallMs` lies in. */
export function slotAt(wallMs: number, everyMs: number): number {
  return Math.floor(wallMs / everyMs);
}

/**
 * What to do for a job now: the attempt to start, or undefined when its slot is settled.
 *
 * Missed slots are not made up for: a daily job that was down for a week runs once. A slot that was begun
 * by an
 * earlier run of the node and never ended is begun again; a failed one until `maxAttempts` is reached.
 */
export function dueAttempt(
  last: JobEvent | undefined,
  slot: number,
  at: { readonly isRunning: boolean; readonly maxAttempts: number },
): number | undefined {
  if (at.isRunning) return undefined;
  // A wall clock that was set back must not run a slot again.
  if (last === undefined || last.slot < slot) return 1;
  if (last.slot > slot || last.type === 'job-done') return undefined;
  return last.attempt < at.maxAttempts ? last.attempt + 1 : undefined;
}
