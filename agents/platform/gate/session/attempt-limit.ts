/** Locks out who tries too often: wrong passwords, wrong codes. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';

/** How many attempts, in which window, and how long the lock lasts. */
export interface AttemptRule {
  readonly maxCount: number;
  readonly windowMs: number;
  readonly lockMs: number;
}

interface Attempts {
  count: number;
  endsMs: number;
  isLocked: boolean;
}

/** Names that are remembered; past it those whose time is nearest to its end make room. */
const REMEMBERED_MAX_COUNT = 20_000;

/** Counts attempts by name, on this node's own monotonic clock. O(1) but for making room. */
export class AttemptLimit {
  readonly #rule: AttemptRule;
  readonly #clock: Clock;
  readonly #byName = new Map<string, Attempts>();

  constructor(rule: AttemptRule, clock: Clock) {
    this.#rule = rule;
    this.#clock = clock;
  }

  /** Takes one attempt, before it is looked at: many at once count like one after the other. @throws rate_limited */
  take(name: string): void {
    const nowMs = this.#clock.monotonicMs();
    const attempts = this.#attempts(name, nowMs);
    if (attempts.isLocked) throw locked(attempts.endsMs - nowMs);
    attempts.count += 1;
    if (attempts.count <= this.#rule.maxCount) return;
    attempts.isLocked = true;
    attempts.endsMs = nowMs + this.#rule.lockMs;
    throw locked(this.#rule.lockMs);
  }

  /** Forgets the attempts of a name: the last one was right. */
  clear(name: string): void {
    this.#byName.delete(name);
  }

  #attempts(name: string, nowMs: number): Attempts {
    const known = this.#byName.get(name);
    if (known && known.endsMs > nowMs) return known;
    this.#byName.delete(name);
    this.#makeRoom(nowMs);
    const attempts = { count: 0, endsMs: nowMs + this.#rule.windowMs, isLocked: false };
    this.#byName.set(name, attempts);
    return attempts;
  }

  /** A flood of names must not unlock any: where every place is held by a lock, nobody gets another try. */
  #makeRoom(nowMs: number): void {
    if (this.#byName.size < REMEMBERED_MAX_COUNT) return;
    for (const [name, { endsMs, isLocked }] of this.#byName) {
      if (endsMs <= nowMs || !isLocked) this.#byName.delete(name);
      if (this.#byName.size < REMEMBERED_MAX_COUNT) return;
    }
    throw locked(this.#rule.windowMs);
  }
}

function locked(retryAfterMs: number): WitanError {
  return new WitanError('rate_limited', 'too many attempts', { retryAfterMs: Math.max(1, retryAfterMs) });
}
