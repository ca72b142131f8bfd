/** Chance by name: what happens to one thing does not shift when another thing is added or changed. */
import { SeededRandom } from '../../../runtime/kernel/index.ts';

/**
 * Generator that depends on the seed and the names alone, never on what was drawn elsewhere.
 * @source FNV-1a, 32 bits, over the names
 */
export function chanceOf(seed: number, ...names: readonly (string | number)[]): SeededRandom {
  let hash = 0x811c9dc5 ^ seed;
  for (const char of names.join('/')) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return new SeededRandom(hash);
}

/** One of the items. */
export function pick<T>(chance: SeededRandom, items: readonly T[]): T {
  return items[chance.below(items.length)]!;
}

/** Integer from `low` to `high`, both included. */
export function between(chance: SeededRandom, low: number, high: number): number {
  return low + chance.below(high - low + 1);
}
