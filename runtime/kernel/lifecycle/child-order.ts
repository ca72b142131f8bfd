/** Order in which an actor's children are stopped when it ends: the reverse of this one. */
import { LocalRef } from '../cell/local-ref.ts';
import type { AnyRef } from '../ref.ts';

/**
 * Puts living siblings into the order given, behind their parent's other children.
 *
 * A child that took the place of one that ended stands last in its parent's map; a supervisor that stops its
 * children in reverse order of their specs needs it back in its place. O(refs)
 */
export function orderChildren(refs: readonly AnyRef[]): void {
  for (const ref of refs) {
    if (!(ref instanceof LocalRef)) continue;
    const { name, parent } = ref.cell;
    if (parent?.children?.get(name) !== ref) continue;
    parent.children.delete(name);
    parent.children.set(name, ref);
  }
}
