/** Everything that goes to and comes from `/platform/audit/archive`. */
import type { ErrorCode } from '../../../../contracts/errors.ts';
import type { ActorRef } from '../../../../runtime/kernel/index.ts';
import type {
  ArchiveJobName,
  ArchiveJobReport,
} from '../../../../runtime/kernel/ports/archive/archive-job.ts';

/** How one job stands. */
export interface ArchiveJobStatus {
  readonly name: ArchiveJobName;
  readonly state: 'waiting' | 'running' | 'failing';
  readonly everyMs: number;
  /** Entries that its store covers. */
  readonly coveredCount: number;
  readonly lastDoneWallMs: number | null;
  readonly lastReport: ArchiveJobReport | null;
  /** Of the last run, where it failed. */
  readonly lastError: { readonly code: ErrorCode; readonly message: string } | null;
  readonly failedCount: number;
  /** Until the next run, ms; null while it runs. */
  readonly nextInMs: number | null;
}

/** Answer to `run`. */
export type ArchiveRunReply =
  | { readonly type: 'done'; readonly report: ArchiveJobReport | null }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

/** Everything in the mailbox of the actor. */
export type ArchiveMessage =
  | { readonly type: 'run'; readonly job: ArchiveJobName; readonly replyTo?: ActorRef<ArchiveRunReply> }
  | { readonly type: 'status'; readonly replyTo: ActorRef<readonly ArchiveJobStatus[]> }
  | { readonly type: 'planned'; readonly job: ArchiveJobName; readonly lastDoneWallMs: number | null }
  | {
      readonly type: 'ended';
      readonly job: ArchiveJobName;
      readonly result: PromiseSettledResult<ArchiveJobReport | undefined>;
    };
