/** Bounds a piece of work by its budget: what does not end in time is left behind. */
import type { Budget } from '../runtime/kernel/actor.ts';
import type { OwnedBudget } from '../runtime/kernel/budget.ts';

/**
 * Result of `work`, or the reason why its budget ended first. A late result is dropped, a late failure
 * swallowed. The budget is released in any case.
 * @throws deadline_exceeded, cancelled, or what `work` throws
 */
export async function within<T>(budget: OwnedBudget, work: (budget: Budget) => T | Promise<T>): Promise<T> {
  try {
    return await new Promise<T>((resolve, reject) => {
      let hasEnded = false;
      budget.onEnd((reason) => {
        hasEnded = true;
        reject(reason as Error);
      });
      if (!hasEnded) Promise.resolve(work(budget)).then(resolve, reject);
    });
  } finally {
    budget.release();
  }
}
