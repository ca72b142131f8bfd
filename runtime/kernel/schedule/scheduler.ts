/** `/system/scheduler`: timed work, each period once, also over restarts of the node (RUN-16). */
import { createBudget } from '../budget.ts';
import { spawnPersistent } from '../durable/spawn-persistent.ts';
import type { DurableContext } from '../durable/spawn-persistent.ts';
import type { Parent } from '../lifecycle/spawn.ts';
import type { Budget } from '../actor.ts';
import type { JournalPort } from '../ports/journal.ts';
import type { ActorRef } from '../ref.ts';
import { applyJobEvent, dueAttempt, slotAt } from './job-history.ts';
import type { JobEvent, JobHistory } from './job-history.ts';

/** A piece of timed work. */
export interface ScheduledJob {
  /** Unique, kebab-case (`rotate-keys`). */
  readonly name: string;
  /** Length of a period, ms; the job runs once in each. */
  readonly everyMs: number;
  /** Time for one attempt, ms; then its budget's signal aborts and the attempt counts as failed. */
  readonly timeoutMs: number;
  /** Attempts in one period (default 3). */
  readonly maxAttempts?: number;
  /** May run again for the same `slot` after a crash of the node: it must be idempotent by it. */
  run(slot: number, budget: Budget): Promise<void>;
}

/** Where jobs stand, for operators. */
export interface ScheduleReply {
  readonly jobs: readonly {
    readonly name: string;
    readonly everyMs: number;
    readonly last: JobEvent | null;
  }[];
}

/** What the scheduler takes. */
export type SchedulerMessage =
  | { readonly type: 'look' }
  | { readonly type: 'ended'; readonly event: JobEvent; readonly error?: string }
  | { readonly type: 'list'; readonly replyTo: ActorRef<ScheduleReply> };

/** Settings of the scheduler. */
export interface SchedulerOptions {
  readonly journal: JournalPort;
  readonly jobs: readonly ScheduledJob[];
  /** How often the clock is looked at, ms (default 1,000). */
  readonly lookEveryMs?: number;
}

const KEY = 'system/scheduler';
const DEFAULT_LOOK_MS = 1_000;
const DEFAULT_ATTEMPTS = 3;

/**
 * Starts the scheduler. Periods are counted on the wall clock; that a period ran is an event in the
 * journal, written
 * before the job starts, so that of two schedulers on one journal only one starts it: the other is
 * `stale_writer`.
 */
export function spawnScheduler(parent: Parent, options: SchedulerOptions): ActorRef<SchedulerMessage> {
  const { journal, jobs, lookEveryMs = DEFAULT_LOOK_MS } = options;
  const running = new Set<string>();
  const byName = new Map(jobs.map((job) => [job.name, job]));
  if (byName.size !== jobs.length) throw new TypeError('names of jobs must be unique');

  const ref = spawnPersistent<JobHistory, SchedulerMessage, JobEvent>(
    parent,
    async (history, message, ctx) => {
      if (message.type === 'list')
        return message.replyTo.tell({ jobs: jobs.map((job) => row(job, history)) });
      if (message.type === 'ended') {
        running.delete(message.event.job);
        if (message.error !== undefined)
          ctx.log.warn('a scheduled job failed', { ...message.event, error: message.error });
        return ctx.persist(message.event);
      }
      ctx.setTimer('look', lookEveryMs, { type: 'look' });
      for (const job of jobs) await startIfDue(job, history, { ctx, running });
    },
    KEY,
    'scheduler',
    {
      journal,
      initialState: {},
      apply: applyJobEvent,
      behaviorName: 'scheduler',
      stateName: () => (running.size === 0 ? 'waiting' : `${running.size} running`),
      onSignal: (state, signal, ctx) => {
        if (signal.kind === 'restarted') ctx.self.tell({ type: 'look' });
        return state;
      },
      onCrash: () => ({ directive: 'reset', delayMs: lookEveryMs }),
    },
  );
  ref.tell({ type: 'look' });
  return ref;
}

type Ctx = DurableContext<JobHistory, SchedulerMessage, JobEvent>;

async function startIfDue(
  job: ScheduledJob,
  history: JobHistory,
  { ctx, running }: { readonly ctx: Ctx; readonly running: Set<string> },
): Promise<void> {
  const slot = slotAt(ctx.system.clock.wallMs(), job.everyMs);
  const at = { isRunning: running.has(job.name), maxAttempts: job.maxAttempts ?? DEFAULT_ATTEMPTS };
  const attempt = dueAttempt(history[job.name], slot, at);
  if (attempt === undefined) return;
  const started: JobEvent = { type: 'job-started', job: job.name, slot, attempt };
  await ctx.persist(started);
  running.add(job.name);
  // The effect runs once the start is durable; work must not hold up the scheduler itself.
  ctx.pipeToSelf(
    () => runOnce(job, slot, ctx),
    (result): SchedulerMessage =>
      result.status === 'fulfilled'
        ? { type: 'ended', event: { ...started, type: 'job-done' } }
        : { type: 'ended', event: { ...started, type: 'job-failed' }, error: String(result.reason) },
  );
}

async function runOnce(job: ScheduledJob, slot: number, ctx: Ctx): Promise<void> {
  const budget = createBudget(ctx.system.clock, job.timeoutMs);
  const expired = new Promise<never>((_resolve, reject) => {
    budget.signal.addEventListener('abort', () => reject(budget.signal.reason as Error), { once: true });
  });
  try {
    await Promise.race([job.run(slot, budget), expired]);
  } finally {
    budget.release();
  }
}

function row(job: ScheduledJob, history: JobHistory): ScheduleReply['jobs'][number] {
  return { name: job.name, everyMs: job.everyMs, last: history[job.name] ?? null };
}
