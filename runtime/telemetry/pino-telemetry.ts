/** Logs through pino to a stream that the host chooses. */
import pino from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Clock } from '../kernel/clock.ts';
import type { LogLevel, TelemetryPort, TelemetrySpan } from '../kernel/ports/telemetry.ts';
import { redactFields, redactText } from './redact.ts';

/** Settings of {@link PinoTelemetry}. */
export interface PinoTelemetryOptions {
  readonly clock: Clock;
  /** Gets one JSON line per call; nothing is ever written to stdout by itself. */
  readonly stream: DestinationStream;
  /** Lines below it are dropped (default `info`). */
  readonly level?: LogLevel;
  /** Fields of every line (`node`, `version`). */
  readonly bindings?: Record<string, unknown>;
}

/** Log lines as JSON, ended spans as debug lines; metrics are the node’s own, for Prometheus. */
export class PinoTelemetry implements TelemetryPort {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stream: DestinationStream & { flush?: (done: () => void) => void };

  constructor({ clock, stream, level = 'info', bindings = {} }: PinoTelemetryOptions) {
    this.#clock = clock;
    this.#stream = stream;
    const timestamp = (): string => `,"time":"${new Date(clock.wallMs()).toISOString()}"`;
    const formatters = { level: (label: string) => ({ level: label }) };
    this.#logger = pino(
      { level, base: bindings, timestamp, formatters, messageKey: 'message' },
      quiet(stream),
    );
  }

  /** See {@link TelemetryPort}: secrets and personal data are taken out here. */
  readonly redacts = true;

  /** Changes the lowest level that is written, from the next line on. */
  setLevel(level: LogLevel | 'silent'): void {
    this.#logger.level = level;
  }

  log(level: LogLevel, scope: string, message: string, fields: Record<string, unknown> = {}): void {
    if (!this.#logger.isLevelEnabled(level)) return;
    try {
      this.#logger[level]({ ...redactFields(fields), scope }, redactText(message));
    } catch {
      // A field whose getter or toJSON throws must not reach the caller; the line without fields still tells.
      this.#logger[level]({ scope, fieldsLost: true }, message);
    }
  }

  count(): void {}

  gauge(): void {}

  time(): void {}

  span(name: string, attributes: Readonly<Record<string, string | number>> = {}): TelemetrySpan {
    const startedMs = this.#clock.monotonicMs();
    const fields: Record<string, unknown> = { ...attributes };
    let isOpen = true;
    return {
      traceparent: undefined,
      set: (key, value) => void (fields[key] = value),
      end: (error) => {
        if (!isOpen) return;
        isOpen = false;
        const elapsedMs = this.#clock.monotonicMs() - startedMs;
        this.log('debug', name, 'span ended', {
          ...fields,
          elapsedMs,
          ...(error !== undefined && { error }),
        });
      },
    };
  }

  async flush(): Promise<void> {
    const { flush } = this.#stream;
    if (typeof flush === 'function')
      await new Promise<void>((done) => flush.call(this.#stream, () => done()));
  }
}

// A log that cannot be written must not stop the work it tells of.
function quiet(stream: DestinationStream): DestinationStream {
  return {
    write(line) {
      try {
        stream.write(line);
      } catch {
        // Nowhere is left to report it.
      }
    },
  };
}
