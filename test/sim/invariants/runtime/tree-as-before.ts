/** The tree of actors at the end is the tree at the start. */
import type { RunInvariant } from '../invariant.ts';

/** No session is left over and nothing that was to come back is missing, on the last node. */
export const treeAsBefore: RunInvariant = {
  name: 'tree-as-before',
  check({ history }) {
    const life = history.lives.at(-1);
    if (!life) return [];
    const gone = new Set(life.removedSeats.map((seat) => `/council/${seat}`));
    const expected = life.treeAtStart.filter((path) => !gone.has(path));
    const left = life.treeAtEnd.filter((path) => !expected.includes(path));
    const missing = expected.filter((path) => !life.treeAtEnd.includes(path));
    return [...left.map((path) => `${path} is left over`), ...missing.map((path) => `${path} is missing`)];
  },
};
