/** Ends of the passes of a test gate, by the test's own hand. */
import { WitanError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';

type Listener = (why: WitanError) => void;

/** Listeners of passes that are open. */
export class PassEnds {
  readonly #listeners = new Set<Listener>();

  /** Passes that were asked for their end and not released. */
  get count(): number {
    return this.#listeners.size;
  }

  /** The two methods of one pass; `onRelease` runs once. */
  pass(onRelease: () => void): { onEnd(listener: Listener): void; release(): void } {
    let own: Listener | undefined;
    let isOpen = true;
    return {
      onEnd: (listener) => {
        own = listener;
        this.#listeners.add(listener);
      },
      release: () => {
        if (own) this.#listeners.delete(own);
        if (isOpen) onRelease();
        isOpen = false;
      },
    };
  }

  /** Ends every open pass as the gate does. */
  end(code: ErrorCode = 'unauthenticated'): void {
    const why = new WitanError(code, 'the credential has ended', { wasAdmitted: true });
    for (const listener of [...this.#listeners]) listener(why);
  }
}
