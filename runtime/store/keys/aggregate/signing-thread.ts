/** The thread that signs aggregates; it is handed each key once in its life. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { JobThread } from '../../job-thread.ts';
import { startThread } from '../../thread-entry.ts';
import type { LoadedKey, SigningJob, SignedAggregate } from './signing-jobs.ts';

/** A job before it has its number; which keys go with it is seen when its turn comes. */
export interface SigningWork {
  readonly sign: SigningJob['sign'];
  /** Keys that it needs, in any order. */
  readonly keys: readonly LoadedKey[];
}

/** The thread of a node's aggregates. */
export type SigningThread = JobThread<SigningWork, SigningJob, SignedAggregate>;

/** Decisions that may wait for their aggregate; the next goes on the record without one. */
const QUEUE_MAX_COUNT = 64;
/** Longest time of one job, the start of the thread and its self-test included, ms. */
const JOB_MS = 30_000;

/** The thread, which starts with the first job. */
export function signingThread(clock: Clock): SigningThread {
  const loaded = new Set<string>();
  return new JobThread({
    clock,
    things: 'aggregates',
    queueMaxCount: QUEUE_MAX_COUNT,
    jobMs: JOB_MS,
    late: () => new WitanError('deadline_exceeded', 'signing an aggregate takes too long'),
    start() {
      loaded.clear();
      // The process's own output is its embedder's.
      const quiet = { stdout: true, stderr: true };
      return startThread('signing-worker', import.meta.url, {
        workerData: {},
        name: 'witan-aggregates',
        ...quiet,
      });
    },
    jobOf({ sign, keys }, request) {
      return { request, load: keys.filter(({ keyId, half }) => half === null || !loaded.has(keyId)), sign };
    },
    onDone({ load }) {
      for (const { keyId } of load) loaded.add(keyId);
    },
  });
}
