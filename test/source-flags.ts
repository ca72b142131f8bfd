/** How tests run our sources in processes of their own. */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

/** Flags of `node` before a TypeScript file of ours. */
export const SOURCE_FLAGS: readonly string[] = [
  '--import',
  pathToFileURL(join(import.meta.dirname, '../tools/source-loader.mjs')).href,
];
