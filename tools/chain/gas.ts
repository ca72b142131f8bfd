/** Gas of the contracts' calls: what was measured, what is checked in, and by how much it may grow. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_FOLDER } from '../../runtime/host/chain/chain-tools.ts';
import { runForge } from './forge.ts';

/** Growth that is still taken, as a share of the checked-in figure. */
export const GAS_TOLERANCE = 0.05;

/** Gas by name of the call. */
export type GasTable = Readonly<Record<string, number>>;

/** The checked-in table. */
export const GAS_FILE: string = join(CHAIN_FOLDER, 'gas.json');

/** Measures every call of `Gas.t.sol`, each as a transaction of its own. */
export function measureGas(): GasTable {
  const file = join(CHAIN_FOLDER, '.forge/snapshots/gas.json');
  // A run without --isolate writes it too, with warm slots.
  rmSync(file, { force: true });
  const run = runForge(['test', '--isolate', '--match-contract', 'GasTest']);
  if (run.exitCode !== 0) throw new Error(`forge failed\n${run.stdout}\n${run.stderr}`);
  const text = readFileSync(file, 'utf8');
  const measured = Object.entries(JSON.parse(text) as Record<string, string>);
  return Object.fromEntries(measured.map(([name, gas]) => [name, Number(gas)]));
}

/** The checked-in table as it is. */
export function readGas(): GasTable {
  return JSON.parse(readFileSync(GAS_FILE, 'utf8')) as GasTable;
}

/** What is wrong with `measured`: calls that grew too much, that are new, or that are gone. */
export function gasFindings(checkedIn: GasTable, measured: GasTable): string[] {
  const names = [...new Set([...Object.keys(checkedIn), ...Object.keys(measured)])].sort();
  return names.flatMap((name) => {
    const before = checkedIn[name];
    const now = measured[name];
    if (before === undefined) return [`${name} is not in gas.json (${now} gas)`];
    if (now === undefined) return [`${name} is in gas.json and was not measured`];
    if (now <= before * (1 + GAS_TOLERANCE)) return [];
    const growth = ((now / before - 1) * 100).toFixed(1);
    return [`${name} costs ${now} gas, ${growth} % more than ${before}`];
  });
}
