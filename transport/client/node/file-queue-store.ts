/** Waiting decisions in one file of JSON lines: each write is synced, a torn last line is dropped. */
import { open, readFile, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { WitanError } from '../../../contracts/errors.ts';
import { DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { QueuedDecision, QueueStore } from '../offline-queue.ts';

/** Lines of removed decisions above which the file is written anew. */
const DEAD_MAX_COUNT = 256;

interface Line {
  readonly add?: QueuedDecision;
  readonly remove?: string;
}

/**
 * Keeps decisions in `file`, for one client at a time. @throws storage_failed, verification_failed for a file
 * that holds something else
 */
export function fileQueueStore(file: string): QueueStore {
  return new FileStore(file);
}

class FileStore implements QueueStore {
  readonly #file: string;
  readonly #kept = new Map<string, QueuedDecision>();
  #handle: FileHandle | undefined;
  #deadCount = 0;
  /** Writes follow one another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  load(): Promise<readonly QueuedDecision[]> {
    return this.#inTurn(async () => {
      const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      const lines = text.split('\n');
      // What follows the last line end was being written when the process ended: nobody was told of it.
      lines.pop();
      lines.forEach((line, at) => this.#apply(parseLine(line, at)));
      await this.#rewrite();
      return [...this.#kept.values()];
    });
  }

  append(queued: QueuedDecision): Promise<void> {
    return this.#inTurn(() => this.#write({ add: queued }));
  }

  remove(idempotencyKey: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#write({ remove: idempotencyKey });
      if (this.#deadCount > DEAD_MAX_COUNT) await this.#rewrite();
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#handle?.close();
      this.#handle = undefined;
    });
  }

  async #write(line: Line): Promise<void> {
    if (!this.#handle) throw new WitanError('storage_failed', 'the queue file is not open');
    await this.#handle.appendFile(`${JSON.stringify(line)}\n`);
    await this.#handle.datasync();
    this.#apply(line);
  }

  /** Writes what is kept beside the old file and puts it in its place. */
  async #rewrite(): Promise<void> {
    await this.#handle?.close();
    const aside = `${this.#file}.new`;
    const fresh = await open(aside, 'w', 0o600);
    await fresh.writeFile([...this.#kept.values()].map((add) => `${JSON.stringify({ add })}\n`).join(''));
    await fresh.datasync();
    await fresh.close();
    await rename(aside, this.#file);
    this.#handle = await open(this.#file, 'a', 0o600);
    this.#deadCount = 0;
  }

  #apply({ add, remove }: Line): void {
    if (add) this.#kept.set(add.idempotencyKey, add);
    if (remove !== undefined && this.#kept.delete(remove)) this.#deadCount += 1;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work).catch((error: unknown) => {
      if (error instanceof WitanError) throw error;
      throw new WitanError('storage_failed', `the queue file ${this.#file} cannot be used`, {}, error);
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function parseLine(line: string, at: number): Line {
  try {
    const { add, remove } = JSON.parse(line) as {
      add?: { idempotencyKey: string; request: unknown };
      remove?: string;
    };
    if (typeof remove === 'string') return { remove };
    return {
      add: { idempotencyKey: String(add!.idempotencyKey), request: DecisionRequest.parse(add!.request) },
    };
  } catch (error) {
    throw new WitanError(
      'verification_failed',
      `line ${at + 1} of the queue file is damaged`,
      { path: `${at}` },
      error,
    );
  }
}
