/** The database's compiled code: nine megabytes of WebAssembly, compiled once for all starts in a process. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DatabaseCode } from './worker-messages.ts';

let compiled: Promise<DatabaseCode> | undefined;

/** The code, as threads may share it. @throws what reading or compiling throws; it is tried again then */
export function databaseCode(): Promise<DatabaseCode> {
  compiled ??= compile().catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

async function compile(): Promise<DatabaseCode> {
  const folder = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  const module = async (name: string): Promise<WebAssembly.Module> =>
    WebAssembly.compile(await readFile(join(folder, name)));
  const [pglite, initdb] = await Promise.all([module('pglite.wasm'), module('initdb.wasm')]);
  return { pglite, initdb };
}
