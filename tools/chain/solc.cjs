#!/usr/bin/env node
/**
 * The compiler `solc` of npm behind the command line that forge expects of a native one.
 *
 * CommonJS, because forge runs it by its name and the compiler is CommonJS itself.
 */
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');

const chain = createRequire(join(__dirname, '../../contracts/chain/package.json'));
const solc = chain('solc');

if (process.argv.includes('--version')) {
  const version = solc.version().replace(/\.Emscripten\.clang$/, '.Linux.g++');
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
}
