/** `npm start [-- options of witan start]`: installs what is missing, builds, starts one node. */
import { ensureInstalled, requireNode } from './setup/install.mjs';

requireNode();
ensureInstalled();
const { ensureBuilt } = await import('./setup/build.mjs');
ensureBuilt();
process.argv = [process.argv[0], 'witan', 'start', ...process.argv.slice(2)];
await import('../dist/apps/cli/main.js');
