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

/** `JSON.stringify`, made once for what went through {@link freezeDeep}. */
export function jsonOf(value: unknown): string {
  if (!isFrozenDeep(value)) return JSON.stringify(value);
  let text = texts.get(value as object);
  if (text === undefined) texts.set(value as object, (text = JSON.stringify(value)));
  return text;
}

const texts = new WeakMap<object, string>();

function freezeParts(value: object): void {
  Object.freeze(value);
  for (const part of Object.values(value)) {
    if (part !== null && typeof part === 'object' && !roots.has(part as object)) freezeParts(part as object);
  }
}
