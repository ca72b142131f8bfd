/** Recognises what a callback gave as something to wait for. */

/** Whether `value` can be awaited; reads its `then`, which may throw. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Promise || typeof (value as { then?: unknown }).then === 'function';
}

/** The promise behind `value`, or undefined when it is a plain value; reads its `then`, which may throw. */
export function asPromise(value: unknown): Promise<unknown> | undefined {
  if (!isThenable(value)) return undefined;
  return value instanceof Promise ? value : Promise.resolve(value);
}
