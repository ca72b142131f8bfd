/** All planted faults, at least one for each invariant. */
import { COUNCIL_PLANTS } from './council-plants.ts';
import { LEDGER_PLANTS } from './ledger-plants.ts';
import type { Plant } from './plant.ts';
import { RUNTIME_PLANTS } from './runtime-plants.ts';

/** See the head of the file. */
export const PLANTS: readonly Plant[] = [...LEDGER_PLANTS, ...COUNCIL_PLANTS, ...RUNTIME_PLANTS];

/** Planted fault of a name, or undefined. */
export function plantNamed(name: string): Plant | undefined {
  return PLANTS.find((plant) => plant.name === name);
}
