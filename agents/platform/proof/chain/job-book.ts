/** The jobs of the outbox, newest state of each; what changes is on the disk before it counts. */
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import type { OutboxPort } from '../../../../runtime/kernel/ports/outbox.ts';
import { ContentJob } from './content-job.ts';

const BookRecord = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('job'), job: ContentJob }),
  z.strictObject({ type: z.literal('done'), id: z.string() }),
]);

/** Records from which on finished jobs are cleared away, if they are most of the records. */
const COMPACT_FROM = 1_000;

/** Jobs that may be open at once: each is held in memory, and a chain may be away for long. */
export const OPEN_JOBS_MAX = 20_000;

/** Open jobs in the order in which they came. */
export class JobBook {
  readonly #outbox: OutboxPort;
  readonly #jobs = new Map<string, ContentJob>();

  /** @throws verification_failed for a record that is none of ours */
  constructor(outbox: OutboxPort) {
    this.#outbox = outbox;
    for (const [at, record] of outbox.records().entries()) this.#take(record, at);
  }

  /** Open jobs, oldest first. */
  all(): readonly ContentJob[] {
    return [...this.#jobs.values()];
  }

  /** Makes sure that there is room for as many more. @throws overloaded */
  assertRoom(count: number): void {
    if (this.#jobs.size + count <= OPEN_JOBS_MAX) return;
    const message = `${this.#jobs.size} registrations and certificates wait for the chain already`;
    throw new WitanError('overloaded', message, { limit: OPEN_JOBS_MAX });
  }

  get(id: string): ContentJob | undefined {
    return this.#jobs.get(id);
  }

  /** Registration of a hash that is under way, of whatever tenant. */
  registrationOf(contentHash: string): ContentJob | undefined {
    return this.all().find((job) => job.kind === 'register' && job.contentHash === contentHash);
  }

  /** Resolves when the job's new state is on the disk. @throws storage_failed */
  async put(job: ContentJob): Promise<void> {
    await this.#outbox.append({ type: 'job', job });
    this.#jobs.set(job.id, job);
  }

  /** Takes a job away that ended. @throws storage_failed */
  async end(id: string): Promise<void> {
    if (!this.#jobs.has(id)) return;
    await this.#outbox.append({ type: 'done', id });
    this.#jobs.delete(id);
    const { length } = this.#outbox.records();
    if (length < COMPACT_FROM || length < 4 * this.#jobs.size) return;
    await this.#outbox.compact(this.all().map((job) => ({ type: 'job', job })));
  }

  #take(record: unknown, at: number): void {
    const parsed = BookRecord.safeParse(record);
    if (!parsed.success) {
      const expected = 'a job of the content registry';
      throw new WitanError('verification_failed', `record ${at} of the outbox is none of ours`, {
        at,
        expected,
      });
    }
    if (parsed.data.type === 'job') this.#jobs.set(parsed.data.job.id, parsed.data.job);
    else this.#jobs.delete(parsed.data.id);
  }
}
