/** `bench ledger-gas`: gas of one anchored event at batches of 1, 100 and 10,000, on a dev chain. */
import { writeFileSync } from 'node:fs';
import { CHAIN_MISSING } from '../test/chain/dev-node.ts';
import { ANCHOR_GAS_FILE, GAS_BATCHES, measureAnchorGas, readAnchorGas } from '../test/anchor/anchor-gas.ts';
import { printJson } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

/** Name of the case that writes the checked-in table anew. */
const WRITE = 'write';
/** Growth over the checked-in figure that is still taken. */
const TOLERANCE = 1.05;

/** Measures and prints; the case `write` also writes the table. @throws RangeError */
export async function benchLedgerGas({ json, markdown, names }: BenchOptions): Promise<void> {
  if (names.some((name) => name !== WRITE)) throw new RangeError(`the only case is ${WRITE}`);
  if (CHAIN_MISSING) throw new RangeError(CHAIN_MISSING);
  const measured = await measureAnchorGas();
  if (names.includes(WRITE)) writeFileSync(ANCHOR_GAS_FILE, `${JSON.stringify(measured, null, 2)}\n`);
  const checkedIn = readAnchorGas();
  const rows = GAS_BATCHES.map((count): Row => {
    const name = `batch of ${count}`;
    const value = measured[name]! / count;
    const before = checkedIn[name]! / count;
    return {
      bench: 'ledger',
      case: `gas: ${name}`,
      subject: 'anchor',
      metric: 'gas per event',
      value,
      unit: 'gas',
      peer: 'anchor-gas.json',
      ratio: value / before,
      target: `≤ ${TOLERANCE}×`,
      isReached: value <= before * TOLERANCE,
    };
  });
  if (json) for (const row of rows) printJson(row);
  else report(rows, markdown);
}

function report(rows: readonly Row[], markdown: boolean): void {
  const lines = rows.map(({ case: name, value, ratio }) => [
    name,
    value!.toFixed(2),
    `${ratio!.toFixed(3)}×`,
  ]);
  printTable(['case', 'gas per event', 'to the checked-in'], lines, markdown);
}
