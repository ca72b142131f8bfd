/**
 * Waits until this node's reads hold all that was acknowledged, by any writer, before somebody asked.
 *
 * The writer says how much that is; many callers share one question. Whoever comes while one is on its way
 * joins the next: its answer may have been given before.
 *
 * @source Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014, §8: a leader
 *   that reads without writing must know what earlier leaders committed
 */
import { WitanError, toWitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';

/** Settings of a {@link CatchUp}. */
export interface CatchUpOptions {
  readonly clock: Clock;
  /** A caller waits so long at most, ms. */
  readonly timeoutMs: number;
  /** Asks the writer once: entries that are acknowledged. @throws when it does not say */
  readonly ask: () => Promise<number>;
  /** Entries that reads hold. */
  readonly size: () => number;
  /** Whether reads hold all there is, and no question is needed (default: never). */
  readonly isCurrent?: () => boolean;
}

interface Waiting {
  /** Entries that reads must hold; undefined: not known yet. */
  upTo: number | undefined;
  isSettled: boolean;
  timer: TimerHandle | undefined;
  readonly resolve: () => void;
  readonly reject: (error: WitanError) => void;
}

const RETRY_MS = 50;
const MAX_WAITING = 65_536;

/** See the head of the file. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #waiting = new Set<Waiting>();
  #isAsking = false;
  #isClosed = false;
  #lastFault: WitanError | undefined;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Resolves when reads hold what was acknowledged before this call. @throws unavailable, overloaded */
  caughtUp(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#options.isCurrent?.()) return Promise.resolve();
    if (this.#waiting.size >= MAX_WAITING) {
      const details = { retryAfterMs: RETRY_MS };
      return Promise.reject(new WitanError('overloaded', 'too many wait for the log', details));
    }
    return new Promise((resolve, reject) => {
      const one: Waiting = { upTo: undefined, isSettled: false, timer: undefined, resolve, reject };
      const { clock, timeoutMs } = this.#options;
      one.timer = clock.setTimer(timeoutMs, () => this.#settle(one, this.#late(one)));
      this.#waiting.add(one);
      if (this.#isAsking) return;
      this.#isAsking = true;
      // Calls of one turn go together.
      queueMicrotask(() => void this.#askForAll());
    });
  }

  /** Reads may hold more than before. */
  moved(): void {
    if (this.#waiting.size === 0) return;
    const size = this.#options.size();
    for (const one of this.#waiting) if (one.upTo !== undefined && one.upTo <= size) this.#settle(one);
  }

  /** Nobody waits any more. */
  close(): void {
    this.#isClosed = true;
    for (const one of this.#waiting) this.#settle(one, closed());
  }

  async #askForAll(): Promise<void> {
    for (let those = this.#open(); those.length > 0; those = this.#open()) {
      try {
        const upTo = await this.#options.ask();
        for (const one of those) one.upTo = upTo;
        this.moved();
      } catch (error) {
        this.#lastFault = toWitanError(error);
        await new Promise<void>((resolve) => this.#options.clock.setTimer(RETRY_MS, resolve));
      }
    }
    this.#isAsking = false;
  }

  /** Those for whom a question sent now is late enough. */
  #open(): Waiting[] {
    return [...this.#waiting].filter(({ upTo }) => upTo === undefined);
  }

  #late({ upTo }: Waiting): WitanError {
    if (upTo === undefined) {
      return new WitanError('unavailable', 'the log has no writer that answers', {}, this.#lastFault);
    }
    const details = { size: this.#options.size(), asked: upTo };
    return new WitanError('unavailable', 'this copy of the log is behind', details);
  }

  #settle(one: Waiting, error?: WitanError): void {
    if (one.isSettled) return;
    one.isSettled = true;
    one.timer?.cancel();
    this.#waiting.delete(one);
    if (error) one.reject(error);
    else one.resolve();
  }
}

function closed(): WitanError {
  return new WitanError('unavailable', 'the log is closed');
}
