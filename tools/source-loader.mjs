/** `node --import …/tools/source-loader.mjs FILE.ts`: runs our sources; see `source-hooks.mjs`. */
import { register } from 'node:module';

register('./source-hooks.mjs', import.meta.url);
process.setSourceMapsEnabled(true);
