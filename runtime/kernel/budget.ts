/** Budgets: remaining time and cancellation of a piece of work, on the injected clock. */
import { WitanError } from '../../contracts/errors.ts';
import type { Budget } from './actor.ts';
import type { Clock, TimerHandle } from './clock.ts';

/** A budget that its maker can release before it ends. */
export interface OwnedBudget extends Budget {
  slice(ms: number, reserveMs?: number): OwnedBudget;
  /** Frees the timers of this budget and of its slices; their signals then stay as they are. Idempotent. */
  release(): void;
}

/**
 * Starts a budget of `ms` milliseconds; its signal aborts at expiry with `deadline_exceeded`.
 *
 * An abort of `parentSignal` aborts it with the same reason. Timer and listener exist only once somebody
 * waits, by `signal` or `onEnd`, and go at expiry, at an abort, or at `release()`: a budget that nobody waits
 * on costs an object.
 *
 * @param ms Non-negative; a negative value counts as 0 (already expired).
 */
export function createBudget(clock: Clock, ms: number, parentSignal?: AbortSignal): OwnedBudget {
  if (Number.isNaN(ms)) throw new TypeError('a budget needs a number of milliseconds');
  return new ClockBudget(clock, Math.max(0, ms), { signal: parentSignal });
}

// Longest delay that an operating system's timer takes; a longer budget re-arms.
const MAX_TIMER_MS = 2 ** 30;

class ClockBudget implements OwnedBudget {
  readonly #clock: Clock;
  readonly #totalMs: number;
  readonly #deadlineMs: number;
  readonly #parentSignal: AbortSignal | undefined;
  readonly #owner: ClockBudget | undefined;
  #controller: AbortController | undefined;
  #listeners: Set<(reason: unknown) => void> | undefined;
  #timer: TimerHandle | undefined;
  /** Slices that hold a timer. */
  #armed: Set<ClockBudget> | undefined;
  #released = false;

  constructor(
    clock: Clock,
    totalMs: number,
    link: { signal?: AbortSignal | undefined; owner?: ClockBudget },
  ) {
    this.#clock = clock;
    this.#totalMs = totalMs;
    this.#deadlineMs = clock.monotonicMs() + totalMs;
    this.#parentSignal = link.signal;
    this.#owner = link.owner;
  }

  remainingMs(): number {
    return Math.max(0, this.#deadlineMs - this.#clock.monotonicMs());
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      const ended = this.#ended();
      if (ended) this.#controller.abort(ended.reason);
      else this.#arm();
    }
    return this.#controller.signal;
  }

  onEnd(listener: (reason: unknown) => void): () => void {
    const ended = this.#ended();
    if (ended) {
      listener(ended.reason);
      return () => undefined;
    }
    (this.#listeners ??= new Set()).add(listener);
    this.#arm();
    return () => void this.#listeners?.delete(listener);
  }

  slice(ms: number, reserveMs = 0): OwnedBudget {
    if (Number.isNaN(ms)) throw new TypeError('a slice needs a number of milliseconds');
    const sliceMs = Math.max(0, Math.min(ms, this.remainingMs() - reserveMs));
    // A slice never outlives its parent's deadline, so it needs the outer signal only, not the parent's
    // timer.
    return new ClockBudget(this.#clock, sliceMs, { signal: this.#parentSignal, owner: this });
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#disarm();
    this.#listeners = undefined;
    if (this.#armed) for (const slice of this.#armed) slice.release();
    this.#armed = undefined;
  }

  #isReleased(): boolean {
    return this.#released || (this.#owner !== undefined && this.#owner.#isReleased());
  }

  /** Why it has ended already; undefined while it lasts. */
  #ended(): { readonly reason: unknown } | undefined {
    if (this.#controller?.signal.aborted) return { reason: this.#controller.signal.reason };
    if (this.#parentSignal?.aborted) return { reason: this.#parentSignal.reason };
    return this.remainingMs() <= 0 ? { reason: this.#expiry() } : undefined;
  }

  #arm(): void {
    if (this.#timer || this.#isReleased()) return;
    this.#parentSignal?.addEventListener('abort', this.#onParentAbort, { once: true });
    for (let owner = this.#owner; owner; owner = owner.#owner) (owner.#armed ??= new Set()).add(this);
    this.#armTimer();
  }

  #armTimer(): void {
    this.#timer = this.#clock.setTimer(Math.min(this.remainingMs(), MAX_TIMER_MS), () => {
      // Timers of an operating system may fire a fraction early; the deadline is what was promised.
      if (this.remainingMs() > 0) this.#armTimer();
      else this.#end(this.#expiry());
    });
  }

  readonly #onParentAbort = (): void => this.#end(this.#parentSignal?.reason);

  #end(reason: unknown): void {
    this.#disarm();
    const listeners = this.#listeners;
    this.#listeners = undefined;
    this.#controller?.abort(reason);
    if (listeners) for (const listener of listeners) listener(reason);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#parentSignal?.removeEventListener('abort', this.#onParentAbort);
    for (let owner = this.#owner; owner; owner = owner.#owner) if (owner.#armed) owner.#armed.delete(this);
  }

  #expiry(): WitanError {
    return new WitanError('deadline_exceeded', `no time is left of ${Math.round(this.#totalMs)} ms`);
  }
}
