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

export function resolve(specifier, context, next) {
  if (!specifier.startsWith('.') || !specifier.endsWith('.ts')) return next(specifier, context);
  return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true };
}

export async function load(url, context, next) {
  if (!/^file:[^?#]*\.ts$/.test(url)) return next(url, context);
  const file = fileURLToPath(url);
  const { mtimeMs, size } = statSync(file);
  const kept = join(KEPT, createHash('sha256').update(file).digest('hex').slice(0, 32));
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
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    loader: 'ts',
    target: 'node20',
    sourcefile: file,
    sourcemap: 'inline',
    sourcesContent: false,
  });
  const text = code + stamp;
  // Others read it meanwhile: it is there whole or not at all.
  const aside = `${kept}.${process.pid}.${threadId}`;
  writeFileSync(aside, text);
  renameSync(aside, kept);
  return text;
}
