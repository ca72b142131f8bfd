/** Starts a worker thread from a module of ours, whether it runs as built JavaScript or as TypeScript source. */
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/** Loads the entry through the same loader as the parent's: it is not handed down to threads (Node 20, tsx 4.23). */
const FROM_SOURCE = `
  const { workerData } = require('node:worker_threads');
  import('tsx/esm/api').then(({ tsImport }) => tsImport(workerData.entry, workerData.entry));
`;

/**
 * Starts the module `name` that stands beside `beside` (an `import.meta.url`); `workerData` must be an object.
 * The ending follows the caller's own: `.ts` from source, `.js` when built.
 */
export function startThread(
  name: string,
  beside: string,
  options: WorkerOptions & { workerData: object },
): Worker {
  const isSource = beside.endsWith('.ts');
  const entry = new URL(`./${name}.${isSource ? 'ts' : 'js'}`, beside);
  if (!isSource) return new Worker(entry, options);
  const workerData = { ...options.workerData, entry: entry.href };
  return new Worker(FROM_SOURCE, { ...options, workerData, eval: true });
}
