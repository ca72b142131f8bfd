/** Makes the sentence encoder: `node tools/run.mjs tools/models/encoder/main.ts [--again] [FOLDER]`. */
import { parseArgs } from 'node:util';
import { toWitanError } from '../../../contracts/errors.ts';
import { BUILT_MODELS, buildEncoder } from './build-encoder.ts';

const { values, positionals } = parseArgs({
  options: { again: { type: 'boolean', default: false } },
  allowPositionals: true,
});
try {
  const start = performance.now();
  const folder = buildEncoder(positionals[0] ?? BUILT_MODELS, values);
  process.stdout.write(`${folder} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
} catch (error) {
  const { code, message } = toWitanError(error);
  process.stderr.write(`${code}: ${message}\n`);
  process.exitCode = 1;
}
