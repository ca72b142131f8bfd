/** Bounds a piece of work by its budget: what does not end in time is left behind. */
import type { Budget } from '../../../../runtime/kernel/actor.ts';
import type { OwnedBudget } from '../../../../runtime/kernel/budget.ts';

/**
 * Result of `work`, or the reason why its budget ended first. A late result is dropped, a late failure
 * swallowed. The budget is released in any case.
 * @throws deadline_exceeded, cancelled, or what `work` throws
 */
export async function within<T>(budget: OwnedBudget, work: (budget: Budget) => T | Promise<T>): Promise<T> {
  try {
    const { signal } = budget;
    signal.throwIfAborted();
    const running = Promise.resolve(work(budget));
    return await new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      running.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  } finally {
    budget.release();
  }
}
