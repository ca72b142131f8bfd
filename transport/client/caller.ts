/** One call through a wire: credential, deadline, retries, rate limits, and a check of what came back. */
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import { pause } from './client-clock.ts';
import type { ClientClock } from './client-clock.ts';
import type { TokenSource } from './token-source.ts';
import { WIRE_ANSWERS } from './wire.ts';
import type { Wire, WireAnswer, WireCredential, WireInputs, WireOperation } from './wire.ts';

/** How a call is repeated. */
export interface RetryOptions {
  /** Repetitions after the first try (default 4). */
  readonly maxCount: number;
  /** Longest wait before the first repetition; doubles each time (default 200). */
  readonly minMs: number;
  /** Longest wait (default 10,000). */
  readonly maxMs: number;
}

/** Something that happened to a call, for logs. */
export interface ClientNotice {
  readonly kind:
    | 'sent'
    | 'answered'
    | 'failed'
    | 'retrying'
    | 'refreshed'
    | 'reconnecting'
    | 'queued'
    | 'replayed'
    | 'dropped';
  readonly operation: WireOperation | 'decision.follow';
  readonly attempt: number;
  readonly elapsedMs?: number;
  readonly delayMs?: number;
  readonly code?: ErrorCode;
}

/** What the caller is made of. */
export interface CallerParts {
  readonly wire: Wire;
  readonly tokens: TokenSource;
  readonly clock: ClientClock;
  /** Uniform in [0, 1). */
  random(): number;
  readonly retry: RetryOptions;
  readonly timeoutMs: number;
  onNotice(notice: ClientNotice): void;
}

/** Options of every call. */
export interface CallOptions {
  /** Whole time of the call, repetitions included, ms. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting; what was accepted goes on. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context to go on with. */
  readonly traceparent?: string | undefined;
}

/** Refusals that come before anything was done: repeating them never does a thing twice. */
const BEFORE_EFFECT: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'overloaded', 'mailbox_full']);

/** Calls operations; keeps what is known of the rate limit. */
export class Caller {
  readonly parts: CallerParts;
  /** Monotonic time before which the node takes nothing from us. */
  #blockedUntilMs = 0;

  constructor(parts: CallerParts) {
    this.parts = parts;
  }

  /**
   * Calls until it succeeds, fails for good or its time is over. A write is repeated only when `isRepeatable`
   * (it carries an idempotency key) or when it was refused before it did anything.
   * @throws WitanError: the node's, or deadline_exceeded, cancelled, unavailable, verification_failed
   */
  async call<O extends WireOperation>(
    operation: O,
    input: WireInputs[O],
    { isRepeatable, ...options }: CallOptions & { isRepeatable?: boolean } = {},
  ): Promise<WireAnswer<O>> {
    const { clock, retry, onNotice } = this.parts;
    const canRepeat = isRepeatable ?? OPERATIONS[operation].effect === 'read';
    const until = new Deadline(clock, options.timeoutMs ?? this.parts.timeoutMs, options.signal);
    try {
      let isRefreshed = false;
      for (let attempt = 0; ; attempt += 1) {
        await this.#untilFree(until);
        const credential = await until.race(this.parts.tokens.current());
        try {
          return await this.#once(
            { operation, input, attempt },
            { credential, until, traceparent: options.traceparent },
          );
        } catch (thrown) {
          const error = until.errorFor(thrown);
          onNotice({ kind: 'failed', operation, attempt, code: error.code });
          if (error.code === 'unauthenticated' && !isRefreshed && this.parts.tokens.refused(credential)) {
            isRefreshed = true;
            onNotice({ kind: 'refreshed', operation, attempt });
            continue;
          }
          const mayRepeat = error.retryable && (canRepeat || BEFORE_EFFECT.has(error.code));
          if (!mayRepeat || attempt >= retry.maxCount || until.isOver) throw error;
          const delayMs = this.delayMs(attempt, error);
          if (delayMs >= until.remainingMs()) throw error;
          onNotice({ kind: 'retrying', operation, attempt, delayMs, code: error.code });
          await until.race(pause(clock, delayMs, until.signal));
        }
      }
    } finally {
      until.end();
    }
  }

  /** Wait before the next try: exponential with full jitter, and never less than the node asks for. */
  delayMs(attempt: number, error: WitanError): number {
    const { minMs, maxMs } = this.parts.retry;
    const jittered = this.parts.random() * Math.min(maxMs, minMs * 2 ** attempt);
    return Math.max(jittered, error.details.retryAfterMs ?? 0);
  }

  async #once<O extends WireOperation>(
    { operation, input, attempt }: { operation: O; input: WireInputs[O]; attempt: number },
    {
      credential,
      until,
      traceparent,
    }: { credential: WireCredential; until: Deadline; traceparent: string | undefined },
  ): Promise<WireAnswer<O>> {
    const { wire, clock, onNotice } = this.parts;
    const startedMs = clock.monotonicMs();
    onNotice({ kind: 'sent', operation, attempt });
    const options = { credential, timeoutMs: until.remainingMs(), signal: until.signal, traceparent };
    try {
      const { body, rate } = await until.race(wire.call(operation, input, options));
      if (rate && rate.remaining <= 0) this.#block(rate.resetMs);
      const parsed = WIRE_ANSWERS[operation].safeParse(body);
      if (!parsed.success) throw malformed(operation, parsed.error.issues[0]);
      onNotice({ kind: 'answered', operation, attempt, elapsedMs: clock.monotonicMs() - startedMs });
      return parsed.data as WireAnswer<O>;
    } catch (thrown) {
      const error = toWitanError(thrown);
      if (error.code === 'rate_limited') this.#block(error.details.retryAfterMs ?? 0);
      throw error;
    }
  }

  #block(forMs: number): void {
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, this.parts.clock.monotonicMs() + forMs);
  }

  async #untilFree(until: Deadline): Promise<void> {
    const waitMs = this.#blockedUntilMs - this.parts.clock.monotonicMs();
    if (waitMs <= 0) return;
    if (waitMs >= until.remainingMs()) {
      throw new WitanError('rate_limited', 'the limit is used up for longer than this call may take', {
        retryAfterMs: Math.ceil(waitMs),
      });
    }
    await until.race(pause(this.parts.clock, waitMs, until.signal));
  }
}

/** One total time and the caller's signal, as one signal. */
class Deadline {
  readonly #clock: ClientClock;
  readonly #untilMs: number;
  readonly #abort = new AbortController();
  readonly #timer: { cancel(): void };
  readonly #outer: AbortSignal | undefined;
  readonly #onOuter = (): void =>
    this.#abort.abort(new WitanError('cancelled', 'the caller gave up waiting', {}, this.#outer?.reason));

  constructor(clock: ClientClock, timeoutMs: number, outer: AbortSignal | undefined) {
    this.#clock = clock;
    this.#untilMs = clock.monotonicMs() + timeoutMs;
    this.#outer = outer;
    this.#timer = clock.setTimer(timeoutMs, () =>
      this.#abort.abort(new WitanError('deadline_exceeded', `no answer within ${timeoutMs} ms`)),
    );
    if (outer?.aborted) this.#onOuter();
    else outer?.addEventListener('abort', this.#onOuter, { once: true });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  remainingMs(): number {
    return Math.max(0, this.#untilMs - this.#clock.monotonicMs());
  }

  /** What to say for an error: that the time is over, when it is. */
  errorFor(thrown: unknown): WitanError {
    return this.isOver ? (this.#abort.signal.reason as WitanError) : toWitanError(thrown);
  }

  /** A wire that does not listen to its signal holds nobody up. */
  race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  end(): void {
    this.#timer.cancel();
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }
}

function malformed(
  operation: string,
  issue: { path: PropertyKey[]; message: string } | undefined,
): WitanError {
  return new WitanError('verification_failed', `the answer to ${operation} does not have its form`, {
    path: issue?.path.map(String).join('.') ?? '',
    expected: issue?.message ?? 'the form of the operation',
  });
}
