/** Stops calling a part that fails, and looks carefully whether it is back. */
import { toWitanError, WitanError } from '../contracts/errors.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { Clock } from '../runtime/kernel/clock.ts';

/** closed: calls pass; open: calls are refused; half-open: a few calls try it. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** Settings of one breaker. */
export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** What is called, for messages (`provider/openai`). */
  readonly name: string;
  /** Window in which calls are counted (default 10,000 ms), in ten parts. */
  readonly windowMs?: number;
  /** Calls in the window below which the rate means nothing (default 10). */
  readonly minCalls?: number;
  /** Share of failures that opens the circuit, in (0, 1] (default 0.5). */
  readonly failureRate?: number;
  /** How long it stays open the first time (default 5,000 ms); doubles while trials fail. */
  readonly openMs?: number;
  /** Longest time open (default 60,000 ms). */
  readonly maxOpenMs?: number;
  /** Calls that may run at once while half-open; as many in a row must succeed to close (default 2). */
  readonly trialCalls?: number;
  /** Whether an error says something of the called part (default: everything but {@link CALLER_FAULTS}). */
  readonly isFailure?: (error: WitanError) => boolean;
  readonly onChange?: (state: CircuitState) => void;
}

/** Codes that say something of the call and nothing of the part that was called. */
export const CALLER_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_argument',
  'unknown_field',
  'bad_encoding',
  'too_large',
  'too_deep',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'conflict',
  'already_exists',
  'stale_writer',
  'cancelled',
  'not_supported',
]);

const PART_COUNT = 10;

/** One breaker for one called part; share it between its callers. */
export class CircuitBreaker {
  readonly #options: Required<Omit<CircuitBreakerOptions, 'onChange'>> &
    Pick<CircuitBreakerOptions, 'onChange'>;
  /** Calls and failures by part of the window; `part` says which stretch of time a slot holds. */
  readonly #parts = Array.from({ length: PART_COUNT }, () => ({ part: -1, calls: 0, failures: 0 }));
  #state: CircuitState = 'closed';
  #openUntilMs = 0;
  #openCount = 0;
  #trialsRunning = 0;
  #trialsPassed = 0;
  /** Rises at each change, so that a call from before it does not count after it. */
  #era = 0;

  constructor(options: CircuitBreakerOptions) {
    const isFailure = (error: WitanError): boolean => !CALLER_FAULTS.has(error.code);
    this.#options = {
      windowMs: 10_000,
      minCalls: 10,
      failureRate: 0.5,
      openMs: 5_000,
      maxOpenMs: 60_000,
      trialCalls: 2,
      isFailure,
      ...options,
    };
  }

  /** State now; an open circuit whose time is over shows as `half-open`. */
  get state(): CircuitState {
    const isOver = this.#state === 'open' && this.#options.clock.monotonicMs() >= this.#openUntilMs;
    return isOver ? 'half-open' : this.#state;
  }

  /**
   * Runs `work` unless the circuit is open. @throws circuit_open with `retryAfterMs`; whatever `work`
   * throws
   */
  async run<T>(work: () => T | Promise<T>): Promise<T> {
    this.#admit();
    const era = this.#era;
    try {
      const result = await work();
      this.#settle(era, 'success');
      return result;
    } catch (error) {
      this.#settle(era, this.#options.isFailure(toWitanError(error)) ? 'failure' : 'neither');
      throw error;
    }
  }

  #admit(): void {
    if (this.#state === 'open' && this.state === 'half-open') this.#change('half-open');
    if (this.#state === 'closed') return;
    if (this.#state === 'half-open' && this.#trialsRunning < this.#options.trialCalls) {
      this.#trialsRunning += 1;
      return;
    }
    const leftMs = Math.max(1, Math.ceil(this.#openUntilMs - this.#options.clock.monotonicMs()));
    throw new WitanError('circuit_open', `calls to ${this.#options.name} are suspended`, {
      retryAfterMs: leftMs,
    });
  }

  #settle(era: number, outcome: 'success' | 'failure' | 'neither'): void {
    if (era !== this.#era) return;
    if (this.#state === 'half-open') return this.#settleTrial(outcome);
    if (outcome === 'neither') return;
    this.#count(outcome === 'failure');
    // A success is no reason to open, even when it is the call that makes the rate count.
    if (outcome === 'success') return;
    const { calls, failures } = this.#totals();
    if (calls >= this.#options.minCalls && failures >= calls * this.#options.failureRate) this.#open();
  }

  #settleTrial(outcome: 'success' | 'failure' | 'neither'): void {
    this.#trialsRunning -= 1;
    if (outcome === 'failure') return this.#open();
    if (outcome === 'success') this.#trialsPassed += 1;
    if (this.#trialsPassed < this.#options.trialCalls) return;
    this.#openCount = 0;
    for (const slot of this.#parts) slot.part = -1;
    this.#change('closed');
  }

  #open(): void {
    const { clock, openMs, maxOpenMs } = this.#options;
    this.#openUntilMs =
      clock.monotonicMs() + Math.min(maxOpenMs, openMs * 2 ** Math.min(this.#openCount, 30));
    this.#openCount += 1;
    this.#change('open');
  }

  #change(state: CircuitState): void {
    this.#state = state;
    this.#era += 1;
    this.#trialsRunning = 0;
    this.#trialsPassed = 0;
    this.#options.onChange?.(state);
  }

  #count(isFailure: boolean): void {
    const part = this.#part();
    const slot = this.#parts[part % PART_COUNT]!;
    if (slot.part !== part) Object.assign(slot, { part, calls: 0, failures: 0 });
    slot.calls += 1;
    if (isFailure) slot.failures += 1;
  }

  #totals(): { calls: number; failures: number } {
    const oldest = this.#part() - PART_COUNT + 1;
    const total = { calls: 0, failures: 0 };
    for (const { part, calls, failures } of this.#parts) {
      if (part < 0 || part < oldest) continue;
      total.calls += calls;
      total.failures += failures;
    }
    return total;
  }

  #part(): number {
    return Math.floor((this.#options.clock.monotonicMs() * PART_COUNT) / this.#options.windowMs);
  }
}
