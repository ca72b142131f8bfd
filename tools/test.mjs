/**
 * `npm test [-- KIND …]`: installs what the tests need, runs every kind (or the named ones) within its
 * budget of
 * time, and ends with `N passed, N failed, N skipped` alone on the last line.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, requireNode, ROOT } from './setup/install.mjs';
import { KINDS } from './test-kinds.mjs';

requireNode();
ensureInstalled();
const { ensureBuilt } = await import('./setup/build.mjs');
ensureBuilt();
const { ensureModels } = await import('./setup/models.mjs');
ensureModels();
const { ensureSystemPackages } = await import('./setup/system-packages.mjs');
const missing = ensureSystemPackages();
for (const one of missing) {
  process.stdout.write(
    `missing system package ${one.name} (${one.for}): install it, or run npm test as root\n`,
  );
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((kind) => !(kind in KINDS));
if (unknown.length > 0) {
  process.stderr.write(
    `no such kind of test: ${unknown.join(', ')}; kinds: ${Object.keys(KINDS).join(', ')}\n`,
  );
  process.exit(2);
}

if (chosen.length === 0 || chosen.includes('chain')) {
  const { installChainTools } = await import('../dist/runtime/host/chain/chain-tools.js');
  await installChainTools({ tell: (line) => process.stdout.write(`${line}\n`) }).catch((error) => {
    missing.push({ name: 'chain tools', for: 'the contracts' });
    const why = String(error.details?.output ?? '').split('\n')[0];
    process.stdout.write(`missing chain tools (${error.code}): ${error.message} ${why}\n`);
  });
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const [kind, { places, budgetS }] of Object.entries(KINDS)) {
  if (chosen.length > 0 && !chosen.includes(kind)) continue;
  const present = places.filter((place) => existsSync(join(ROOT, place)));
  if (present.length === 0) continue;
  const started = performance.now();
  process.stdout.write(`\n── ${kind}\n`);
  const counts = await runKind(present, budgetS);
  const seconds = (performance.now() - started) / 1_000;
  process.stdout.write(`── ${kind}: ${seconds.toFixed(1)} s of ${budgetS} s\n`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
if (missing.length > 0) total.failed += missing.length;
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed > 0 ? 1 : 0);

/** Runs the files of one kind; the whole kind is stopped, and fails, at twice its budget. */
function runKind(places, budgetS) {
  return new Promise((done) => {
    const args = [
      '--import',
      './tools/source-loader.mjs',
      'test/run.ts',
      '--limit',
      String(budgetS),
      ...places,
    ];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 2] });
    let tail = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk.toString()).slice(-4_000);
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), budgetS * 2_000);
    child.on('close', () => {
      clearTimeout(limit);
      const last = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(tail);
      if (!last) process.stdout.write(`stopped after ${budgetS * 2} s\n`);
      done(
        last
          ? { passed: +last[1], failed: +last[2], skipped: +last[3] }
          : { passed: 0, failed: 1, skipped: 0 },
      );
    });
  });
}
