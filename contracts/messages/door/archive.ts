/** What operators see and ask of long-term storage and backups. */
import { z } from 'zod';
import { ERROR_CODES } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';

const count = z.int().min(0);
const JobName = z.enum(['batch', 'replica', 'backup']);
const Code = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

/** What one run brought into a store. */
export const ArchiveReportView = z.strictObject({
  firstIndex: count,
  /** Index after the last entry. */
  endIndex: count,
  objectCount: count,
  sizeBytes: count,
  /** Name of the manifest or point. */
  object: z.string(),
});
/** See {@link ArchiveReportView}. */
export type ArchiveReportView = z.infer<typeof ArchiveReportView>;

/** How one job stands. */
export const ArchiveJobView = z.strictObject({
  name: JobName,
  state: z.enum(['waiting', 'running', 'failing']),
  everyMs: z.number(),
  coveredCount: count,
  lastDoneAt: z.string().nullable(),
  lastReport: ArchiveReportView.nullable(),
  lastError: z.strictObject({ code: Code, message: z.string() }).nullable(),
  failedCount: count,
  nextInMs: z.number().nullable(),
});
/** See {@link ArchiveJobView}. */
export type ArchiveJobView = z.infer<typeof ArchiveJobView>;

/** Long-term storage of a node. */
export const ArchiveStatusView = z.strictObject({
  logId: z.string(),
  /** Entries of the log now. */
  size: count,
  jobs: z.array(ArchiveJobView),
});
/** See {@link ArchiveStatusView}. */
export type ArchiveStatusView = z.infer<typeof ArchiveStatusView>;

/** Asks for a run now. */
export const ArchiveRunRequest = z.strictObject({ job: JobName.default('batch') });
/** See {@link ArchiveRunRequest}. */
export type ArchiveRunRequest = z.output<typeof ArchiveRunRequest>;

/** What the run brought; null: there was nothing to do. */
export const ArchiveRunView = z.strictObject({ job: JobName, report: ArchiveReportView.nullable() });
/** See {@link ArchiveRunView}. */
export type ArchiveRunView = z.infer<typeof ArchiveRunView>;
