/** Long-term storage, its replica, and backups. */
import type { MetricInfo } from './metric-info.ts';

const JOBS = ['batch', 'replica', 'backup'];

/** Long-term storage, its replica, and backups. */
export const ARCHIVE_METRICS = {
  archive_runs: {
    name: 'witan_archive_runs_total',
    type: 'counter',
    unit: 'count',
    help: 'Runs of the archive, its replica and backups.',
    labels: { job: JOBS, result: ['done', 'failed'] },
    producer: 'archive',
  },
  archive_bytes: {
    name: 'witan_archive_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes that runs stored, compressed and encrypted.',
    labels: { job: JOBS },
    producer: 'archive',
  },
  archive_covered: {
    name: 'witan_archive_covered_entries',
    type: 'gauge',
    unit: 'count',
    help: 'Entries of the log that a store holds.',
    labels: { job: JOBS },
    producer: 'archive',
    onlyWhenFed: true,
  },
  archive_failing: {
    name: 'witan_archive_failing',
    type: 'gauge',
    unit: 'count',
    help: '1: the last run failed and is tried again.',
    labels: { job: JOBS },
    producer: 'archive',
    onlyWhenFed: true,
  },
} as const satisfies Record<string, MetricInfo>;
