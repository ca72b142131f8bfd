/** `npm run build`: installs what is missing, then compiles to `dist/`. */
import { ensureInstalled, requireNode } from './setup/install.mjs';

requireNode();
ensureInstalled();
const { ensureBuilt } = await import('./setup/build.mjs');
process.stderr.write(ensureBuilt() ? 'witan: built\n' : 'witan: already built\n');
