/**
 * Installs the packages of the lock file, once per change of the lock file.
 *
 * Plain JavaScript on Node's own modules: it runs before anything is installed.
 */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** Root folder of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const STAMP = join(ROOT, 'node_modules', '.witan-installed');
const MINIMUM = [20, 19];

/** Ends the process with a clear line when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return;
  process.stderr.write(`witan needs Node ${MINIMUM.join('.')} or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}

/** Runs `npm ci` unless the lock file's packages are already there. Returns whether it ran. */
export function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const wanted = `${lock} ${process.platform}-${process.arch}`;
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return false;
  process.stderr.write('witan: installing packages (once; needs the npm registry) …\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const run = spawnSync(npm, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    // The package's install script fetches GPU files from outside the registry; the CPU provider is inside
    // it.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (run.status !== 0) {
    process.stderr.write('witan: npm ci failed (its own message is above); nothing was started\n');
    process.exit(1);
  }
  writeFileSync(STAMP, wanted);
  return true;
}
