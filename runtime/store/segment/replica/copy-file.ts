/** What a copy of a replicated log keeps of itself: its identity, and the newest writer that it accepted. */
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import { LogCopyId } from '../../../../contracts/messages/cluster/log-cell.ts';
import type { LogFiles } from '../log-state.ts';

const NAME = 'copy.json';
const CopyMark = z.strictObject({
  format: z.literal('witan-log-copy/1'),
  copy: LogCopyId,
  generation: z.int().min(0),
});

/** See the head of the file; one writer at a time. */
export class CopyFile {
  readonly copy: string;
  readonly #files: LogFiles;
  #generation: number;

  private constructor(files: LogFiles, { copy, generation }: { copy: string; generation: number }) {
    this.copy = copy;
    this.#files = files;
    this.#generation = generation;
  }

  /** Opens it, or makes it with `newCopy` as the identity. @throws verification_failed, the system's error */
  static async open(files: LogFiles, newCopy: () => string): Promise<CopyFile> {
    const text = await files.fs.readText(join(files.folder, NAME));
    if (text !== undefined) return new CopyFile(files, parsed(text));
    const file = new CopyFile(files, { copy: newCopy(), generation: 0 });
    await file.#write(0);
    return file;
  }

  /** Highest generation that was accepted. */
  get generation(): number {
    return this.#generation;
  }

  /** Accepts a generation; resolves when that is on the disk. @throws stale_writer, the system's error */
  async accept(generation: number): Promise<void> {
    const highest = this.#generation;
    if (generation < highest) {
      const details = { generation, highest };
      throw new WitanError('stale_writer', `generation ${generation} is below ${highest}`, details);
    }
    if (generation === highest) return;
    await this.#write(generation);
    this.#generation = Math.max(this.#generation, generation);
  }

  async #write(generation: number): Promise<void> {
    const mark = { format: 'witan-log-copy/1', copy: this.copy, generation };
    const { fs, folder } = this.#files;
    await fs.replaceText(join(folder, NAME), `${JSON.stringify(mark)}\n`, { durable: true });
  }
}

function parsed(text: string): z.infer<typeof CopyMark> {
  try {
    return CopyMark.parse(JSON.parse(text));
  } catch (cause) {
    const details = { field: NAME, expected: 'witan-log-copy/1' };
    throw new WitanError('verification_failed', 'the mark of the copy is damaged', details, cause);
  }
}
