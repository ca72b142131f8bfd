/**
 * Starts a worker thread from a module of ours, whether it runs as built JavaScript or as TypeScript
 * source.
 */
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/** Loads the entry through tsx, which is not handed down to threads (Node 20, tsx 4.23). */
const FROM_SOURCE = `
  import('node:worker_threads').then(async ({ workerData: { loader, entry } }) => {
    const { tsImport } = await import(loader);
    await tsImport(entry, entry);
  });
`;

/**
 * Starts the module `name` that stands beside `beside` (an `import.meta.url`); `workerData` must be an
 * object. The ending follows the caller's own: `.ts` from source, `.js` when built.
 */
export function startThread(
  name: string,
  beside: string,
  options: WorkerOptions & { workerData: object },
): Worker {
  // The parent's own flags may forbid a file as entry (`--input-type`), and none is needed here.
  const own = { ...options, execArgv: [] };
  const isSource = beside.endsWith('.ts');
  const entry = new URL(`./${name}.${isSource ? 'ts' : 'js'}`, beside);
  if (!isSource) return new Worker(entry, own);
  const ownLoader = process.execArgv.find((flag) => flag.endsWith('/tools/source-loader.mjs'));
  if (ownLoader !== undefined) return new Worker(entry, { ...own, execArgv: ['--import', ownLoader] });
  const loader = import.meta.resolve('tsx/esm/api');
  const workerData = { ...options.workerData, entry: entry.href, loader };
  return new Worker(FROM_SOURCE, { ...own, workerData, eval: true });
}
