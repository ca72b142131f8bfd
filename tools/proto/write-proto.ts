/**
 * Writes `contracts/proto/gen` from the `.proto` files.
 *
 *     node --import tsx tools/proto/write-proto.ts              the types
 *     node --import tsx tools/proto/write-proto.ts --baseline   and what breaking changes are held against
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASELINE, buf, GEN_FOLDER, generateProto } from './generate.ts';

const ROOT = join(import.meta.dirname, '../..');
const files = generateProto();
rmSync(join(ROOT, GEN_FOLDER), { recursive: true, force: true });
mkdirSync(join(ROOT, GEN_FOLDER), { recursive: true });
for (const [path, text] of files) writeFileSync(join(ROOT, path), text);
process.stdout.write(`written ${files.size} files in ${GEN_FOLDER}\n`);
if (process.argv.includes('--baseline')) {
  const { status, output } = buf(['build', '--exclude-source-info', '-o', join(ROOT, BASELINE)]);
  if (status !== 0) throw new Error(output);
  process.stdout.write(`written ${BASELINE}\n`);
}
