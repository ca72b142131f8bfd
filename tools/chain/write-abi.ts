/**
 * Writes `contracts/chain/abi/gen` and `tools/chain/gen/natspec.json` from the Solidity sources:
 *
 *     node --import tsx tools/chain/write-abi.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHAIN_FOLDER, installChainTools } from '../../runtime/host/chain/chain-tools.ts';
import { abiFiles, natSpecText } from './abi-files.ts';
import { NATSPEC_FILE, readArtifacts } from './artifacts.ts';

await installChainTools({ tell: (line) => process.stderr.write(`witan: ${line}\n`) });
const folder = join(CHAIN_FOLDER, 'abi/gen');
mkdirSync(folder, { recursive: true });
const artifacts = readArtifacts();
mkdirSync(dirname(NATSPEC_FILE), { recursive: true });
writeFileSync(NATSPEC_FILE, natSpecText(artifacts));
for (const [file, text] of abiFiles(artifacts)) {
  writeFileSync(join(folder, file), text);
  process.stdout.write(`${file} ${text.length} bytes\n`);
}
