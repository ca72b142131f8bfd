/**
 * Lets Node import our TypeScript: types are taken off by esbuild, once for each version of a file.
 *
 * Half of what `tsx` costs a process: our imports name the file with its ending, so nothing is searched for.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

const KEPT = join(import.meta.dirname, '../node_modules/.cache/witan-source');
mkdirSync(KEPT, { recursive: true });

/** As the compiler of the package leaves it: names of functions are names of behaviors. */
const OPTIONS = {
  loader: 'ts',
  target: 'node20',
  keepNames: true,
  sourcemap: 'inline',
  sourcesContent: false,
};

export function resolve(specifier, context, next) {
  if (!specifier.startsWith('.') || !specifier.endsWith('.ts')) return next(specifier, context);
  return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true };
}

export async function load(url, context, next) {
  if (!/^file:[^?#]*\.ts$/.test(url)) return next(url, context);
  const file = fileURLToPath(url);
  const { mtimeMs, size } = statSync(file);
  const name = createHash('sha256').update(JSON.stringify([file, OPTIONS]));
  const kept = join(KEPT, name.digest('hex').slice(0, 32));
  const stamp = `\n// ${size} ${mtimeMs}\n`;
  const source = readKept(kept, stamp) ?? (await transformed(file, kept, stamp));
  return { format: 'module', source, shortCircuit: true };
}

function readKept(kept, stamp) {
  try {
    const text = readFileSync(kept, 'utf8');
    return text.endsWith(stamp) ? text : undefined;
  } catch {
    return undefined;
  }
}

async function transformed(file, kept, stamp) {
  const { transformSync } = await import('esbuild');
  const { code } = transformSync(readFileSync(file, 'utf8'), { ...OPTIONS, sourcefile: file });
  const text = code + stamp;
  // Others read it meanwhile: it is there whole or not at all.
  const aside = `${kept}.${process.pid}.${threadId}`;
  writeFileSync(aside, text);
  renameSync(aside, kept);
  return text;
}
