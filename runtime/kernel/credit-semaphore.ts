/** Bounded credits, shared fairly between keys (tenants). */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import type { Clock } from './clock.ts';

/** One unit of capacity that its holder gives back. */
export interface Credit {
  readonly key: string;
  /** Idempotent. */
  release(): void;
}

/** Settings of one semaphore. */
export interface CreditSemaphoreOptions {
  readonly clock: Clock;
  /** Credits in all, ≥ 0. */
  readonly credits: number;
  /** Callers that may wait in `acquire`, over all keys (default 1,024). */
  readonly maxWaiting?: number;
  /**
   * How long a refused key keeps its claim to a fair share against keys that hold more (default 1,000 ms).
   */
  readonly claimMs?: number;
}

interface Waiter {
  readonly key: string;
  grant(credit: Credit): void;
}

// First guess of how long a credit is held, until holds were measured.
const INITIAL_HOLD_MS = 100;
const MAX_RETRY_AFTER_MS = 30_000;
// Refused keys that are remembered; beyond it the oldest claim is dropped.
const MAX_CLAIMS = 1_024;

/**
 * Semaphore whose free credits go to the waiting key that holds fewest, oldest turn first.
 *
 * `tryAcquire` is fair as well: while another key was refused lately and holds less than its share, a key
 * that holds its share or more gets nothing. Cost: O(1) without competition, O(keys that compete) with it.
 */
export class CreditSemaphore {
  readonly #clock: Clock;
  readonly #maxWaiting: number;
  readonly #claimMs: number;
  #credits: number;
  #inUse = 0;
  #waitingCount = 0;
  #holdMs = INITIAL_HOLD_MS;
  readonly #held = new Map<string, number>();
  /** Waiters by key; a key that was served moves to the end, so iteration order is the order of turns. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  /** Refused keys, with the time when their claim ends. */
  readonly #claims = new Map<string, number>();

  constructor(options: CreditSemaphoreOptions) {
    if (!(options.credits >= 0)) throw new TypeError('credits must be a non-negative number');
    this.#clock = options.clock;
    this.#credits = options.credits;
    this.#maxWaiting = options.maxWaiting ?? 1_024;
    this.#claimMs = options.claimMs ?? 1_000;
  }

  get credits(): number {
    return this.#credits;
  }

  get inUse(): number {
    return this.#inUse;
  }

  get waiting(): number {
    return this.#waitingCount;
  }

  heldBy(key: string): number {
    return this.#held.get(key) ?? 0;
  }

  /** Changes the capacity; credits already out stay out, so `inUse` may exceed it for a while. */
  setCredits(credits: number): void {
    if (!(credits >= 0)) throw new TypeError('credits must be a non-negative number');
    this.#credits = credits;
    this.#serve();
  }

  /** A credit at once, or undefined when none is free or another key has the better claim. */
  tryAcquire(key: string): Credit | undefined {
    if (this.#inUse >= this.#credits) {
      this.#claim(key);
      return undefined;
    }
    if (this.#claims.size > 0 && this.#exceedsShare(key)) return undefined;
    return this.#grant(key);
  }

  /**
   * Waits for a credit. @throws overloaded (too many wait; `details.retryAfterMs`), or what `signal` aborts
   * with
   */
  acquire(key: string, signal?: AbortSignal): Promise<Credit> {
    if (signal?.aborted) return Promise.reject(abortError(signal));
    if (this.#inUse < this.#credits) return Promise.resolve(this.#grant(key));
    if (this.#waitingCount >= this.#maxWaiting) return Promise.reject(this.overloaded());
    return new Promise<Credit>((resolve, reject) => {
      const onAbort = (): void => {
        this.#forget(waiter);
        reject(abortError(signal!));
      };
      const waiter: Waiter = {
        key,
        grant: (credit) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(credit);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const waiters = this.#waiting.get(key);
      if (waiters) waiters.add(waiter);
      else this.#waiting.set(key, new Set([waiter]));
      this.#waitingCount += 1;
    });
  }

  /**
   * Time until a credit may be free for a newcomer, ms: measured hold time × queue length ÷ credits;
   * `aheadCount` are those who wait elsewhere.
   */
  retryAfterMs(aheadCount = 0): number {
    const ahead = this.#waitingCount + aheadCount + 1;
    const estimate = (this.#holdMs * ahead) / Math.max(1, this.#credits);
    return Math.ceil(Math.min(MAX_RETRY_AFTER_MS, Math.max(1, estimate)));
  }

  /** The refusal that goes with `tryAcquire` giving nothing. */
  overloaded(aheadCount = 0): WitanError {
    return new WitanError('overloaded', 'no credit is free', { retryAfterMs: this.retryAfterMs(aheadCount) });
  }

  #grant(key: string): Credit {
    this.#inUse += 1;
    this.#held.set(key, this.heldBy(key) + 1);
    this.#claims.delete(key);
    const sinceMs = this.#clock.monotonicMs();
    let isHeld = true;
    return {
      key,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#giveBack(key, this.#clock.monotonicMs() - sinceMs);
      },
    };
  }

  #giveBack(key: string, heldMs: number): void {
    this.#inUse -= 1;
    const left = this.heldBy(key) - 1;
    if (left > 0) this.#held.set(key, left);
    else this.#held.delete(key);
    this.#holdMs += (heldMs - this.#holdMs) / 8;
    this.#serve();
  }

  #serve(): void {
    while (this.#inUse < this.#credits && this.#waitingCount > 0) {
      const key = this.#neediestKey();
      const waiters = this.#waiting.get(key)!;
      const waiter = waiters.values().next().value!;
      this.#forget(waiter);
      if (waiters.size > 0) {
        this.#waiting.delete(key);
        this.#waiting.set(key, waiters);
      }
      waiter.grant(this.#grant(key));
    }
  }

  #neediestKey(): string {
    let neediest = '';
    let fewest = Infinity;
    for (const key of this.#waiting.keys()) {
      const held = this.heldBy(key);
      if (held >= fewest) continue;
      neediest = key;
      fewest = held;
    }
    return neediest;
  }

  #forget(waiter: Waiter): void {
    const waiters = this.#waiting.get(waiter.key);
    if (!waiters?.delete(waiter)) return;
    this.#waitingCount -= 1;
    if (waiters.size === 0) this.#waiting.delete(waiter.key);
  }

  #claim(key: string): void {
    this.#claims.delete(key);
    this.#claims.set(key, this.#clock.monotonicMs() + this.#claimMs);
    if (this.#claims.size > MAX_CLAIMS) this.#claims.delete(this.#claims.keys().next().value!);
  }

  #exceedsShare(key: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    for (const [claimant, untilMs] of this.#claims) if (untilMs <= nowMs) this.#claims.delete(claimant);
    let keyCount = this.#held.size + (this.#held.has(key) ? 0 : 1);
    for (const claimant of this.#claims.keys())
      if (claimant !== key && !this.#held.has(claimant)) keyCount += 1;
    const share = Math.max(1, Math.floor(this.#credits / keyCount));
    if (this.heldBy(key) < share) return false;
    for (const claimant of this.#claims.keys())
      if (claimant !== key && this.heldBy(claimant) < share) return true;
    return false;
  }
}

function abortError(signal: AbortSignal): WitanError {
  if (signal.reason instanceof WitanError) return signal.reason;
  return new WitanError('cancelled', 'the caller gave up waiting', {}, toWitanError(signal.reason));
}
