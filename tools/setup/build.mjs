/** Compiles the sources to `dist/` when one of them changed since the last build. */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './install.mjs';
import { writeVerifyPage } from './verify-page.mjs';

const DIST = join(ROOT, 'dist');
const STAMP = '.witan-built';
const ROOMS = [
  'runtime',
  'agents',
  'supervisors',
  'council',
  'transport',
  'contracts',
  'sandbox',
  'cluster',
  'config',
  'apps',
  'bench',
];

/**
 * Compiles unless `dist/` is current. Returns whether it compiled; a compile error ends the process.
 *
 * Builds aside and moves the whole into place: a running node keeps its files until then, and a build that
 * fails
 * or is cut off leaves the last good one.
 */
export function ensureBuilt() {
  const wanted = fingerprint();
  const stamp = join(DIST, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  process.stderr.write('witan: building …\n');
  const aside = `${DIST}.${process.pid}`;
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', aside], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (run.status !== 0) {
    rmSync(aside, { recursive: true, force: true });
    process.stderr.write('witan: the build failed (its own messages are above)\n');
    process.exit(1);
  }
  copyAssets(aside);
  writeVerifyPage(join(aside, 'apps/web/live'));
  writeFileSync(join(aside, STAMP), wanted);
  moveIntoPlace(aside);
  return true;
}

function moveIntoPlace(aside) {
  const old = `${aside}.old`;
  try {
    renameSync(DIST, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    renameSync(aside, DIST);
  } catch (error) {
    // Another process built at the same time and was first.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    rmSync(aside, { recursive: true, force: true });
  }
  rmSync(old, { recursive: true, force: true });
}

/** Files that are served or read as they are: everything in the rooms that is not TypeScript. */
function copyAssets(target) {
  for (const file of sources()) {
    if (/\.tsx?$/.test(file)) continue;
    const from = join(ROOT, file);
    cpSync(from, join(target, file), { recursive: true });
  }
}

function fingerprint() {
  const hash = createHash('sha256').update(process.versions.modules);
  for (const file of [
    ...sources(),
    'index.ts',
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
  ]) {
    const { size, mtimeMs } = statSync(join(ROOT, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function sources() {
  return ROOMS.flatMap((room) => walk(join(ROOT, room)))
    .map((file) => relative(ROOT, file))
    .sort();
}

function walk(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.name.endsWith('.test.ts') ? [] : [path];
  });
}
