/** `npm start [-- options of witan start]`: installs what is missing, builds, starts one node. */
import { ensureInstalled, requireNode } from './setup/install.mjs';

requireNode();
ensureInstalled();
const { ensureBuilt } = await import('./setup/build.mjs');
ensureBuilt();
const { ensureModels } = await import('./setup/models.mjs');
ensureModels();
if (process.argv.includes('--chain')) {
  const { installChainTools } = await import('../dist/runtime/host/chain/chain-tools.js');
  await installChainTools({ tell: (line) => process.stderr.write(`witan: ${line}\n`) }).catch((error) => {
    process.stderr.write(`witan: ${error.code}: ${error.message}\n${error.details?.output ?? ''}\n`);
    process.exit(8);
  });
}
process.argv = [process.argv[0], 'witan', 'start', ...process.argv.slice(2)];
await import('../dist/apps/cli/main.js');
