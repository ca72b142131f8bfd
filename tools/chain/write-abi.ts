/**
 * Writes `contracts/chain/abi/gen` from the Solidity sources:
 *
 *     node --import tsx tools/chain/write-abi.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_FOLDER, installChainTools } from '../../runtime/host/chain/chain-tools.ts';
import { abiFiles } from './abi-files.ts';
import { readArtifacts } from './artifacts.ts';

await installChainTools({ tell: (line) => process.stderr.write(`witan: ${line}\n`) });
const folder = join(CHAIN_FOLDER, 'abi/gen');
mkdirSync(folder, { recursive: true });
for (const [file, text] of abiFiles(readArtifacts())) {
  writeFileSync(join(folder, file), text);
  process.stdout.write(`${file} ${text.length} bytes\n`);
}
