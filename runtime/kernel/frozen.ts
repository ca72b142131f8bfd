/** Deeply frozen plain data, known by its object: what cannot change need not be copied or checked again. */

/** Roots of what was frozen here; their parts are not listed, which would cost more than it saves. */
const roots = new WeakSet<object>();

/**
 * Freezes JSON data with all its parts and remembers it; parts that were frozen here before are not walked
 * again. Only for data that this process made: it freezes the very object.
 */
export function freezeDeep<T>(value: T): T {
  if (value === null || typeof value !== 'object' || roots.has(value)) return value;
  freezeParts(value);
  roots.add(value);
  return value;
}

/** Whether exactly this object went through {@link freezeDeep}; a copy of it did not. */
export function isFrozenDeep(value: unknown): boolean {
  return typeof value === 'object' && value !== null && roots.has(value);
}

function freezeParts(value: object): void {
  Object.freeze(value);
  for (const part of Object.values(value)) {
    if (part !== null && typeof part === 'object' && !roots.has(part as object)) freezeParts(part as object);
  }
}
