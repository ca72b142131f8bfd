/**
 * Runs a script of the project after installing and building what it needs.
 *
 *     node tools/run.mjs bench/main [arguments …]     compiled, as shipped
 *     node tools/run.mjs test/sim/main.ts [arguments …]   from source
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, requireNode, ROOT } from './setup/install.mjs';

requireNode();
ensureInstalled();
const { ensureBuilt } = await import('./setup/build.mjs');
ensureBuilt();
const { ensureModels } = await import('./setup/models.mjs');
ensureModels();
const [script, ...args] = process.argv.slice(2);
const fromSource = script.endsWith('.ts');
// Compiled: with the young generation of `npm start`, so that what is measured is what runs.
const flags = ['--expose-gc', ...(fromSource ? ['--import', 'tsx'] : ['--max-semi-space-size=32'])];
const file = fromSource ? join(ROOT, script) : join(ROOT, 'dist', `${script}.js`);
const child = spawn(process.execPath, [...flags, file, ...args], { cwd: process.cwd(), stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code, signal) => process.exit(signal === 'SIGINT' ? 130 : (code ?? 1)));
