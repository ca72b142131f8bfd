#!/usr/bin/env node
/** The command `witan`: runs the built command line, or says what is missing. */
import { existsSync } from 'node:fs';

const main = new URL('../dist/apps/cli/main.js', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`witan: Node ${process.versions.node} is too old; 20.19 or newer is needed\n`);
  process.exitCode = 2;
} else if (!existsSync(main)) {
  process.stderr.write('witan: not built yet; run `npm start` once, or `npm run build`\n');
  process.exitCode = 2;
} else {
  await import(main.href);
}
