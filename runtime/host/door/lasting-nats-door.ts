/**
 * A NATS door that does without its server: the node starts while the server is away, and the door opens when
 * the server appears. Once open, the link comes back by itself.
 */
import { toWitanError } from '../../../contracts/errors.ts';
import type { WitanError } from '../../../contracts/errors.ts';
import type { HealthCheck } from '../../../contracts/messages/decision-view.ts';
import { Backoff } from '../../../supervisors/backoff.ts';
import type { BackoffOptions } from '../../../supervisors/backoff.ts';
import type { Clock, Random } from '../../kernel/clock.ts';
import type { LogLevel } from '../../kernel/ports/telemetry.ts';

/** An open door to a NATS server. */
export interface OpenNatsDoor {
  /** Whether the server can be reached now. */
  readonly isConnected: boolean;
  close(graceMs: number): Promise<void>;
}

/** What a lasting door is made of. */
export interface LastingNatsDoorOptions {
  /** One attempt to connect and to serve. */
  open(): Promise<OpenNatsDoor>;
  readonly clock: Clock;
  readonly random: Random;
  log(level: LogLevel, message: string, fields: Record<string, unknown>): void;
  /** Delays between attempts (default 250 ms, doubling to 10 s, less half of it by chance). */
  readonly backoff?: BackoffOptions;
}

const DELAYS: BackoffOptions = { firstMs: 250, maxMs: 10_000 };

/** See the head of this file. */
export class LastingNatsDoor {
  readonly #options: LastingNatsDoorOptions;
  readonly #backoff: Backoff;
  #door: OpenNatsDoor | undefined;
  #lastError: WitanError | undefined;
  #isClosed = false;
  #giveUp: () => void = () => undefined;

  private constructor(options: LastingNatsDoorOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random, options.backoff ?? DELAYS);
  }

  /**
   * Tries once, and goes on trying in the background where another attempt may help.
   * @throws config_invalid, unauthenticated, not_supported: what no waiting mends
   */
  static async open(options: LastingNatsDoorOptions): Promise<LastingNatsDoor> {
    const lasting = new LastingNatsDoor(options);
    const error = await lasting.#attempt();
    if (!error) return lasting;
    if (!error.retryable) throw error;
    void lasting.#keepTrying();
    return lasting;
  }

  /** How the door is, for whoever asks after the node's health. */
  health(): HealthCheck {
    const name = 'nats';
    if (this.#door?.isConnected === true) return { name, ok: true, detail: 'connected' };
    if (this.#door) return { name, ok: false, detail: 'the connection is lost; it comes back by itself' };
    const { code = 'unavailable', message = '' } = this.#lastError ?? {};
    return { name, ok: false, detail: `not connected yet: ${code}: ${message}` };
  }

  /** Ends attempts, and the door with what is under way in it. Idempotent. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#giveUp();
    const door = this.#door;
    this.#door = undefined;
    await door?.close(graceMs);
  }

  async #keepTrying(): Promise<void> {
    while (!this.#isClosed) {
      await this.#pause();
      if (this.#isClosed || !(await this.#attempt())) return;
    }
  }

  #pause(): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.setTimer(this.#backoff.next(clock.monotonicMs()), resolve);
      this.#giveUp = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Undefined: the door is open. */
  async #attempt(): Promise<WitanError | undefined> {
    const { log } = this.#options;
    try {
      const door = await this.#options.open();
      if (this.#isClosed) await door.close(0);
      else this.#door = door;
      if (this.#lastError && this.#door) log('info', 'the server is there; the door is open', {});
      return undefined;
    } catch (thrown) {
      const error = toWitanError(thrown);
      // Each reason once: a server may be away for days.
      if (error.code !== this.#lastError?.code && !this.#isClosed) {
        const { code, message, cause } = error;
        log('warn', 'the door is not open: the node goes on without it and tries again', {
          code,
          reason: message,
          ...(cause instanceof Error && { cause: cause.message }),
        });
      }
      this.#lastError = error;
      return error;
    }
  }
}
