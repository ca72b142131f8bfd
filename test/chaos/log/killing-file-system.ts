/** A file system that ends its process at one operation: SIGKILL, as a crash does, with nothing flushed. */
import {
  nodeFileSystem,
  type LogFile,
  type LogFileSystem,
} from '../../../runtime/store/segment/file-system.ts';
import type { LogFaultPoint } from './fault-points.ts';

/** The machine's own files until the point comes, which counts only once `arm` was called. */
export function killingFileSystem(point: LogFaultPoint): { readonly fs: LogFileSystem; arm(): void } {
  let left = Infinity;
  const at = async <T>(
    operation: LogFaultPoint['operation'],
    path: string,
    work: { readonly whole: () => Promise<T>; readonly half?: () => Promise<unknown> },
  ): Promise<T> => {
    const isPoint = operation === point.operation && point.path.test(path) && left-- === 0;
    if (!isPoint) return work.whole();
    if (point.moment === 'half') await work.half?.();
    if (point.moment === 'after') await work.whole();
    process.kill(process.pid, 'SIGKILL');
    return new Promise<never>(() => {});
  };
  const file = (inner: LogFile, path: string): LogFile => ({
    write: (bytes, position) =>
      at('write', path, {
        whole: () => inner.write(bytes, position),
        half: () => inner.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), position),
      }),
    read: (into, position) => inner.read(into, position),
    datasync: () => at('datasync', path, { whole: () => inner.datasync() }),
    sizeBytes: () => inner.sizeBytes(),
    close: () => inner.close(),
  });
  const fs: LogFileSystem = {
    ...nodeFileSystem,
    open: (path, mode) =>
      at('open', path, { whole: async () => file(await nodeFileSystem.open(path, mode), path) }),
    replaceText: (path, text, options) =>
      at('text', path, { whole: () => nodeFileSystem.replaceText(path, text, options) }),
    rename: (from, to) => at('rename', to, { whole: () => nodeFileSystem.rename(from, to) }),
    remove: (path) => at('remove', path, { whole: () => nodeFileSystem.remove(path) }),
    syncFolder: (path) => at('sync-folder', path, { whole: () => nodeFileSystem.syncFolder(path) }),
  };
  return { fs, arm: () => void (left = point.nth) };
}
