/** A watch that never ends: opened again when it breaks, and when it has to be. */
import { toWitanError } from '../../contracts/errors.ts';
import type { WitanError } from '../../contracts/errors.ts';
import type { Clock, Random, TimerHandle } from '../../runtime/kernel/clock.ts';
import type { KvChange, KvPort } from '../../runtime/kernel/ports/kv.ts';
import { Backoff } from '../../supervisors/backoff.ts';

/** Settings of {@link KeyFollower}. */
export interface FollowOptions {
  readonly kv: KvPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly prefix: string;
  /** Gets the present entries first, again after each opening, then changes. Must not throw. */
  readonly onChange: (change: KvChange) => void;
  readonly onBroken?: (error: WitanError) => void;
}

/** Follows the keys below a prefix until `stop`. What was removed while no watch was open is not told. */
export class KeyFollower {
  readonly #options: FollowOptions;
  readonly #backoff: Backoff;
  #watch: AbortController | undefined;
  #isStopped = false;
  #timer: TimerHandle | undefined;
  #openings = 0;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random, { firstMs: 50, maxMs: 1_000, quietMs: 10_000 });
  }

  /** Watches opened so far. */
  get openings(): number {
    return this.#openings;
  }

  /** Opens the first watch. Idempotent. */
  start(): void {
    if (this.#watch === undefined && !this.#isStopped) void this.#run();
  }

  /** Opens the watch anew: it may have fallen behind without an error. */
  restart(): void {
    if (this.#isStopped || this.#watch === undefined) return;
    this.#watch.abort();
  }

  /** No change is told after it. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#watch?.abort();
  }

  async #run(): Promise<void> {
    const { kv, clock, prefix, onChange, onBroken } = this.#options;
    const watch = new AbortController();
    this.#watch = watch;
    this.#openings += 1;
    let delayMs = 0;
    try {
      for await (const change of kv.watch(prefix, watch.signal)) {
        if (watch.signal.aborted) break;
        onChange(change);
      }
      // One that ends by itself is no better than one that broke.
      if (!watch.signal.aborted) delayMs = this.#backoff.next(clock.monotonicMs());
    } catch (thrown) {
      onBroken?.(toWitanError(thrown));
      delayMs = this.#backoff.next(clock.monotonicMs());
    }
    if (this.#isStopped) return;
    this.#timer = clock.setTimer(delayMs, () => void this.#run());
  }
}
