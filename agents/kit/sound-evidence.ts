/** Evidence that fits its schema; what cannot change is checked once, however often it is given again. */
import { Evidence } from '../../contracts/messages/evidence.ts';
import { freezeDeep, isFrozenDeep } from '../../runtime/kernel/frozen.ts';

const known = new WeakMap<object, Evidence>();

/** The evidence as its schema reads it, or undefined where it does not fit. */
export function soundEvidence(given: unknown): Evidence | undefined {
  const before = known.get(given as object);
  if (before) return before;
  const { data } = Evidence.safeParse(given);
  if (data && isFrozenDeep(given)) known.set(given as object, freezeDeep(data));
  return data;
}
