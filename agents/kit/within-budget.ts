/** Waiting for work no longer than a budget lasts, with one listener however much is waited for. */
import { toWitanError } from '../../contracts/errors.ts';
import type { WitanError } from '../../contracts/errors.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';

/** Everybody who waits within one budget; a budget that nobody waits in costs no listener and no timer. */
export class WithinBudget {
  readonly #budget: Pick<Budget, 'signal'>;
  readonly #waiting = new Set<(error: WitanError) => void>();

  constructor(budget: Pick<Budget, 'signal'>) {
    this.#budget = budget;
  }

  /** Settles with `work`, or rejects when the budget ends; the work itself may go on unheard. */
  wait<T>(work: PromiseLike<T>): Promise<T> {
    const { signal } = this.#budget;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        // Heard and dropped: what it may still throw is nobody's.
        work.then(undefined, () => undefined);
        return reject(toWitanError(signal.reason));
      }
      if (this.#waiting.size === 0) signal.addEventListener('abort', this.#onAbort, { once: true });
      this.#waiting.add(reject);
      const leave = (): void => {
        this.#waiting.delete(reject);
        if (this.#waiting.size === 0) signal.removeEventListener('abort', this.#onAbort);
      };
      work.then(
        (value) => {
          leave();
          resolve(value);
        },
        (error: unknown) => {
          leave();
          reject(error);
        },
      );
    });
  }

  readonly #onAbort = (): void => {
    const error = toWitanError(this.#budget.signal.reason);
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  };
}

/** The same for one piece of work. */
export function within<T>(work: PromiseLike<T>, budget: Pick<Budget, 'signal'>): Promise<T> {
  return new WithinBudget(budget).wait(work);
}
