/** Makes the sentence encoder: `node tools/run.mjs tools/models/encoder/main.ts [FOLDER]`. */
import { toWitanError } from '../../../contracts/errors.ts';
import { BUILT_MODELS, buildEncoder } from './build-encoder.ts';

try {
  const start = performance.now();
  const folder = buildEncoder(process.argv[2] ?? BUILT_MODELS);
  process.stdout.write(`${folder} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
} catch (error) {
  const { code, message } = toWitanError(error);
  process.stderr.write(`${code}: ${message}\n`);
  process.exitCode = 1;
}
