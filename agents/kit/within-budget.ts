/** Waiting for work no longer than a budget lasts, with one listener however much is waited for. */
import { toWitanError } from '../../contracts/errors.ts';
import type { WitanError } from '../../contracts/errors.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';

/** Everybody who waits within one budget; a budget that nobody waits in costs no listener and no timer. */
export class WithinBudget {
  readonly #budget: Pick<Budget, 'onEnd'>;
  readonly #waiting = new Set<(error: WitanError) => void>();
  #unhear: (() => void) | undefined;
  /** Set once the budget has ended. */
  #ended: WitanError | undefined;

  constructor(budget: Pick<Budget, 'onEnd'>) {
    this.#budget = budget;
  }

  /** Settles with `work`, or rejects when the budget ends; the work itself may go on unheard. */
  wait<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0 && !this.#ended) this.#unhear = this.#budget.onEnd(this.#onEnd);
      if (this.#ended) {
        // Heard and dropped: what it may still throw is nobody's.
        work.then(undefined, () => undefined);
        return reject(this.#ended);
      }
      this.#waiting.add(reject);
      const leave = (): void => {
        this.#waiting.delete(reject);
        if (this.#waiting.size === 0) this.#unhear?.();
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

  readonly #onEnd = (reason: unknown): void => {
    const error = toWitanError(reason);
    this.#ended = error;
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  };
}

/** The same for one piece of work. */
export function within<T>(work: PromiseLike<T>, budget: Pick<Budget, 'onEnd'>): Promise<T> {
  return new WithinBudget(budget).wait(work);
}
