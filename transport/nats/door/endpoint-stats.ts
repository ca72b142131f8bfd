/** Figures of one endpoint as NATS services report them. */
import type { ErrorCode } from '../../../contracts/errors.ts';

const NANOS_PER_MS = 1_000_000;

/** Counts requests, errors and time. */
export class EndpointStats {
  #requestCount = 0;
  #errorCount = 0;
  #processingMs = 0;
  #lastError: ErrorCode | undefined;

  /** One request was answered, with `error` or without. */
  count(elapsedMs: number, error?: ErrorCode): void {
    this.#requestCount += 1;
    this.#processingMs += elapsedMs;
    if (error === undefined) return;
    this.#errorCount += 1;
    this.#lastError = error;
  }

  /** The fields of `stats_response`; the last error is a code and never a message. */
  report(): Record<string, unknown> {
    const nanos = Math.round(this.#processingMs * NANOS_PER_MS);
    return {
      num_requests: this.#requestCount,
      num_errors: this.#errorCount,
      last_error: this.#lastError ?? '',
      processing_time: nanos,
      average_processing_time: this.#requestCount === 0 ? 0 : Math.round(nanos / this.#requestCount),
    };
  }
}
