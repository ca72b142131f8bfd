/**
 * `/platform/audit/archive`: batches of the record into long-term storage, its replica, and backups.
 *
 * It keeps nothing itself: what is done stands in the stores, and each run takes up from there. Nothing of a
 * decision waits for it.
 */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { spawn } from '../../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../../runtime/kernel/index.ts';
import type {
  ArchiveJob,
  ArchiveJobName,
  ArchiveJobReport,
} from '../../../../runtime/kernel/ports/archive/archive-job.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import type { ArchiveJobStatus, ArchiveMessage, ArchiveRunReply } from './archive-messages.ts';

/** What the actor works with. */
export interface ArchivePorts {
  readonly jobs: readonly ArchiveJob[];
  readonly telemetry: Pick<TelemetryPort, 'count' | 'gauge'>;
}

type Ctx = ActorContext<ArchiveMessage>;

/** First wait after a failed run, ms; it doubles up to {@link RETRY_MAX_MS} or the job's own period. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 300_000;
/** Longest single timer, ms: a wall clock that was set shows within this time. */
const LOOK_MAX_MS = 3_600_000;

/** Starts `<parent>/archive`. */
export function spawnArchive(parent: Parent, ports: ArchivePorts): ActorRef<ArchiveMessage> {
  return spawn<ArchiveKeeper, ArchiveMessage>(
    parent,
    (state, message, ctx) => {
      state.receive(message, ctx);
      return state;
    },
    'archive',
    {
      initialStateFunc: (ctx) => {
        const keeper = new ArchiveKeeper(ports);
        keeper.start(ctx);
        return keeper;
      },
      behaviorName: 'archive',
      stateName: (state) => state.name,
      onCrash: () => 'reset',
    },
  );
}

interface Lane {
  readonly job: ArchiveJob;
  isRunning: boolean;
  /** Somebody asked for a run while one was under way: what they meant may not be in it. */
  isWanted: boolean;
  failedCount: number;
  lastDoneWallMs: number | null;
  lastReport: ArchiveJobReport | null;
  lastError: ArchiveJobStatus['lastError'];
  dueMs: number;
  askers: ActorRef<ArchiveRunReply>[];
  waiting: ActorRef<ArchiveRunReply>[];
}

class ArchiveKeeper {
  readonly #ports: ArchivePorts;
  readonly #lanes = new Map<ArchiveJobName, Lane>();

  constructor(ports: ArchivePorts) {
    this.#ports = ports;
    for (const job of ports.jobs) {
      this.#lanes.set(job.name, {
        job,
        isRunning: false,
        isWanted: false,
        failedCount: 0,
        lastDoneWallMs: null,
        lastReport: null,
        lastError: null,
        dueMs: 0,
        askers: [],
        waiting: [],
      });
    }
  }

  get name(): string {
    const lanes = [...this.#lanes.values()];
    const failing = lanes.filter((lane) => lane.failedCount > 0).map((lane) => lane.job.name);
    if (failing.length > 0) return `failing: ${failing.join(', ')}`;
    const running = lanes.filter((lane) => lane.isRunning).map((lane) => lane.job.name);
    return running.length > 0 ? `running: ${running.join(', ')}` : 'waiting';
  }

  /** Asks each store when its job was last done; one that does not answer is asked by running. */
  start(ctx: Ctx): void {
    for (const { job } of this.#lanes.values()) {
      ctx.pipeToSelf(
        () => job.lastDoneWallMs(),
        (result) => ({
          type: 'planned',
          job: job.name,
          lastDoneWallMs: result.status === 'fulfilled' ? (result.value ?? null) : null,
        }),
      );
    }
  }

  receive(message: ArchiveMessage, ctx: Ctx): void {
    switch (message.type) {
      case 'status':
        return message.replyTo.tell(this.#status(ctx));
      case 'planned':
        return this.#plan(message, ctx);
      case 'run':
        return this.#want(message, ctx);
      case 'ended':
        return this.#ended(message, ctx);
    }
  }

  #plan({ job, lastDoneWallMs }: { job: ArchiveJobName; lastDoneWallMs: number | null }, ctx: Ctx): void {
    const lane = this.#lanes.get(job)!;
    if (lane.isRunning) return;
    lane.lastDoneWallMs ??= lastDoneWallMs;
    const { everyMs } = lane.job;
    // A node that was never archived begins its first period now, and one that was down makes up for it.
    const sinceMs = lane.lastDoneWallMs === null ? 0 : ctx.system.clock.wallMs() - lane.lastDoneWallMs;
    this.#wait(lane, Math.min(everyMs, Math.max(0, everyMs - sinceMs)), ctx);
  }

  #want({ job, replyTo }: { job: ArchiveJobName; replyTo?: ActorRef<ArchiveRunReply> }, ctx: Ctx): void {
    const lane = this.#lanes.get(job);
    if (!lane) {
      const error = new WitanError('not_supported', `this node has no ${job}`, { path: 'job' });
      return replyTo?.tell({ type: 'failed', code: error.code, message: error.message });
    }
    if (replyTo) (lane.isRunning ? lane.waiting : lane.askers).push(replyTo);
    if (lane.isRunning) {
      lane.isWanted ||= replyTo !== undefined;
      return;
    }
    const leftMs = lane.dueMs - ctx.system.clock.monotonicMs();
    // A timer of a long period fires early on purpose; then there is nothing to do yet.
    if (!replyTo && leftMs > 0) return this.#wait(lane, leftMs, ctx);
    this.#run(lane, ctx);
  }

  #run(lane: Lane, ctx: Ctx): void {
    lane.isRunning = true;
    ctx.pipeToSelf(
      () => lane.job.run(),
      (result) => ({ type: 'ended', job: lane.job.name, result }),
    );
  }

  #ended(message: Extract<ArchiveMessage, { type: 'ended' }>, ctx: Ctx): void {
    const lane = this.#lanes.get(message.job)!;
    const { telemetry } = this.#ports;
    const { result, job: name } = message;
    const askers = lane.askers;
    lane.isRunning = false;
    lane.askers = lane.waiting;
    lane.waiting = [];
    if (result.status === 'fulfilled') {
      const report = result.value ?? null;
      lane.failedCount = 0;
      lane.lastError = null;
      lane.lastDoneWallMs = ctx.system.clock.wallMs();
      if (report) lane.lastReport = report;
      for (const asker of askers) asker.tell({ type: 'done', report });
      telemetry.count('archive_runs', 1, { job: name, result: 'done' });
      telemetry.count('archive_bytes', report?.sizeBytes ?? 0, { job: name });
      this.#wait(lane, lane.job.everyMs, ctx);
    } else {
      const { code, message: text } = toWitanError(result.reason);
      lane.failedCount += 1;
      lane.lastError = { code, message: text };
      for (const asker of askers) asker.tell({ type: 'failed', code, message: text });
      telemetry.count('archive_runs', 1, { job: name, result: 'failed' });
      ctx.log.warn('a run of the archive failed', { job: name, code, error: text, count: lane.failedCount });
      this.#wait(lane, this.#retryMs(lane, ctx), ctx);
    }
    telemetry.gauge('archive_covered', lane.job.coveredCount(), { job: name });
    telemetry.gauge('archive_failing', lane.failedCount > 0 ? 1 : 0, { job: name });
    if (!lane.isWanted) return;
    lane.isWanted = false;
    this.#run(lane, ctx);
  }

  #retryMs({ failedCount, job }: Lane, ctx: Ctx): number {
    const limitMs = Math.max(RETRY_MIN_MS, Math.min(RETRY_MAX_MS, job.everyMs));
    const waitMs = Math.min(limitMs, RETRY_MIN_MS * 2 ** Math.min(failedCount - 1, 20));
    return waitMs * (0.5 + ctx.system.random.next() / 2);
  }

  #wait(lane: Lane, waitMs: number, ctx: Ctx): void {
    lane.dueMs = ctx.system.clock.monotonicMs() + waitMs;
    ctx.setTimer(lane.job.name, Math.min(waitMs, LOOK_MAX_MS), { type: 'run', job: lane.job.name });
  }

  #status(ctx: Ctx): readonly ArchiveJobStatus[] {
    return [...this.#lanes.values()].map((lane) => ({
      name: lane.job.name,
      state: lane.isRunning ? 'running' : lane.failedCount > 0 ? 'failing' : 'waiting',
      everyMs: lane.job.everyMs,
      coveredCount: lane.job.coveredCount(),
      lastDoneWallMs: lane.lastDoneWallMs,
      lastReport: lane.lastReport,
      lastError: lane.lastError,
      failedCount: lane.failedCount,
      nextInMs: lane.isRunning ? null : Math.max(0, lane.dueMs - ctx.system.clock.monotonicMs()),
    }));
  }
}
