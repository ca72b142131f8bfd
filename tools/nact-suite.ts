/**
 * Runs nact's own published test-suite against our surface, with its import of `lib` pointed at the built
 * one.
 *
 *     npm run nact-suite -- --suite DIR      DIR: a checkout of nact at tag v7.6.2
 *
 * `dist/runtime/kernel/nact` keeps nact's file names, so the whole of `lib` is replaced, private modules
 * included:
 * `lib/paths`, `lib/references`, `lib/system-map`, `lib/monitoring` and `lib/persistence` are ours as well.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const at = process.argv.indexOf('--suite');
const suite = at < 0 ? undefined : process.argv[at + 1];
if (!suite || !existsSync(join(suite, 'test', 'actor.js'))) {
  process.stderr.write(
    'name a checkout of nact (tag v7.6.2) with its tests: npm run nact-suite -- --suite DIR\n',
  );
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'witan-nact-'));
try {
  cpSync(join(resolve(suite), 'test'), join(folder, 'test'), { recursive: true });
  symlinkSync(join(ROOT, 'dist', 'runtime', 'kernel', 'nact'), join(folder, 'lib'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const files = readdirSync(join(folder, 'test')).map((file) => join(folder, 'test', file));
  const mocha = join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const run = spawnSync(process.execPath, [mocha, '--exit', '--reporter', 'dot', ...files], {
    cwd: folder,
    stdio: 'inherit',
  });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
