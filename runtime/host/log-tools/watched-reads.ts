/** The same files; whoever waits is told how much of them was read, and may give it up. */
import { WitanError } from '../../../contracts/errors.ts';
import type { LogFile, LogFileSystem } from '../../store/segment/file-system.ts';

/** Who watches. */
export interface ReadWatcher {
  /** Gets all bytes read so far. */
  readonly onRead: (totalBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Wraps `fs`; only opened files are counted. @throws cancelled from a read after the abort */
export function watchedReads(fs: LogFileSystem, { onRead, signal }: ReadWatcher): LogFileSystem {
  let totalBytes = 0;
  const watched = (file: LogFile): LogFile => ({
    write: (bytes, position) => file.write(bytes, position),
    async read(into, position) {
      if (signal?.aborted) throw new WitanError('cancelled', 'the check was given up');
      const bytes = await file.read(into, position);
      totalBytes += bytes;
      onRead(totalBytes);
      return bytes;
    },
    datasync: () => file.datasync(),
    sizeBytes: () => file.sizeBytes(),
    close: () => file.close(),
  });
  return { ...fs, open: async (path, mode) => watched(await fs.open(path, mode)) };
}
