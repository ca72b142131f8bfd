/**
 * Measures gas and writes `contracts/chain/gas.json`, for a change that is meant to cost more:
 *
 *     node --import tsx tools/chain/write-gas.ts
 */
import { writeFileSync } from 'node:fs';
import { GAS_FILE, measureGas } from './gas.ts';

const table = measureGas();
writeFileSync(GAS_FILE, `${JSON.stringify(table, null, 2)}\n`);
for (const [name, gas] of Object.entries(table))
  process.stdout.write(`${gas.toString().padStart(9)} ${name}\n`);
