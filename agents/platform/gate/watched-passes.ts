/** Calls that stay open, looked at again: when something changed, when a credential ends, and each minute. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';
import type { OpenPass } from './gate-pass.ts';

/** What the passes are watched with. */
export interface WatchedPassesOptions {
  readonly clock: Clock;
  /**
   * Wall time at which to look at a pass again.
   * @throws what a new call would be refused with; a promise may reject with the same
   */
  standing(pass: OpenPass): number | Promise<number>;
  /** A pass has ended; gives what its listener is told. */
  onEnded(pass: OpenPass, why: WitanError): WitanError;
  /** A listener threw. */
  onFault(error: unknown): void;
}

interface Watched {
  readonly listener: (why: WitanError) => void;
  lookAtWallMs: number;
  isLooking: boolean;
  /** Something changed during the look under way. */
  isDue: boolean;
  /** Monotonic time since which nobody could say how it stands. */
  silentSinceMs: number | undefined;
}

/** Wall clocks jump, rules speak of hours, and a foreign identity port tells of no change. */
const REVIEW_MS = 60_000;
/** Pause before asking again what did not answer. */
const RETRY_MS = 10_000;
/** How long what does not answer ends no stream: as long as a silent provider ends no session. */
const PATIENCE_MS = 900_000;
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['unauthenticated', 'permission_denied']);

/**
 * Holds only passes that were asked for their end; a released one leaves at once. A look is O(1), a review
 * O(passes). The timer is the clock's own and not the actor's: an actor that waits for its store must not
 * keep a stream open.
 */
export class WatchedPasses {
  readonly #options: WatchedPassesOptions;
  readonly #watched = new Map<OpenPass, Watched>();
  #reviewAtWallMs = Number.POSITIVE_INFINITY;
  #timer: TimerHandle | undefined;
  #timerAtWallMs = Number.POSITIVE_INFINITY;
  #isReviewing = false;
  #isDue = false;

  constructor(options: WatchedPassesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#watched.size;
  }

  watch(pass: OpenPass, listener: (why: WitanError) => void): void {
    const watched: Watched = {
      listener,
      lookAtWallMs: Number.POSITIVE_INFINITY,
      isLooking: false,
      isDue: false,
      silentSinceMs: undefined,
    };
    if (this.#watched.size === 0) this.#reviewAtWallMs = this.#options.clock.wallMs() + REVIEW_MS;
    this.#watched.set(pass, watched);
    // A key may have been revoked since the call was let in; and whoever asks is not called back meanwhile.
    queueMicrotask(() => {
      if (this.#watched.get(pass) !== watched) return;
      this.#look(pass, watched);
      this.#arm(Math.min(watched.lookAtWallMs, this.#reviewAtWallMs));
    });
  }

  forget(pass: OpenPass): void {
    if (!this.#watched.delete(pass) || this.#watched.size > 0) return;
    this.#disarm();
  }

  /** Looks at all: keys, sessions or tokens have changed. */
  review(): void {
    this.#reviewDue(Number.POSITIVE_INFINITY);
  }

  /** Ends all. */
  endAll(why: WitanError): void {
    for (const [pass, watched] of [...this.#watched]) this.#end(pass, watched, why);
  }

  #reviewDue(untilWallMs: number): void {
    if (this.#isReviewing) {
      this.#isDue = true;
      return;
    }
    this.#isReviewing = true;
    let until = untilWallMs;
    do {
      this.#isDue = false;
      for (const [pass, watched] of [...this.#watched]) {
        if (watched.lookAtWallMs <= until) this.#look(pass, watched);
      }
      until = Number.POSITIVE_INFINITY;
    } while (this.#isDue);
    this.#isReviewing = false;
    this.#armNext();
  }

  #look(pass: OpenPass, watched: Watched): void {
    if (watched.isLooking) {
      watched.isDue = true;
      return;
    }
    try {
      const standing = this.#options.standing(pass);
      if (!(standing instanceof Promise)) return this.#stands(watched, standing);
      watched.isLooking = true;
      standing
        .then(
          (lookAtWallMs) => this.#stands(watched, lookAtWallMs),
          (error: unknown) => this.#refused(pass, watched, error),
        )
        .finally(() => this.#looked(pass, watched));
    } catch (error) {
      this.#refused(pass, watched, error);
    }
  }

  #looked(pass: OpenPass, watched: Watched): void {
    watched.isLooking = false;
    if (this.#watched.get(pass) !== watched) return;
    if (watched.isDue) {
      watched.isDue = false;
      this.#look(pass, watched);
    }
    this.#arm(watched.lookAtWallMs);
  }

  #stands(watched: Watched, lookAtWallMs: number): void {
    watched.lookAtWallMs = lookAtWallMs;
    watched.silentSinceMs = undefined;
  }

  #refused(pass: OpenPass, watched: Watched, thrown: unknown): void {
    const why = toWitanError(thrown);
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const isPatient = nowMs - (watched.silentSinceMs ?? nowMs) < PATIENCE_MS;
    if (REFUSALS.has(why.code) || !isPatient) return this.#end(pass, watched, why);
    watched.silentSinceMs ??= nowMs;
    watched.lookAtWallMs = clock.wallMs() + RETRY_MS;
  }

  #end(pass: OpenPass, watched: Watched, why: WitanError): void {
    if (this.#watched.get(pass) !== watched) return;
    this.forget(pass);
    try {
      watched.listener(this.#options.onEnded(pass, why));
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  #armNext(): void {
    let nextWallMs = this.#reviewAtWallMs;
    for (const { lookAtWallMs } of this.#watched.values()) nextWallMs = Math.min(nextWallMs, lookAtWallMs);
    this.#arm(nextWallMs);
  }

  #arm(atWallMs: number): void {
    if (this.#watched.size === 0 || (this.#timer && this.#timerAtWallMs <= atWallMs)) return;
    this.#disarm();
    const { clock } = this.#options;
    this.#timerAtWallMs = atWallMs;
    this.#timer = clock.setTimer(Math.max(1, Math.ceil(atWallMs - clock.wallMs())), () => this.#onTimer());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #onTimer(): void {
    this.#timer = undefined;
    const nowWallMs = this.#options.clock.wallMs();
    const isReview = nowWallMs >= this.#reviewAtWallMs;
    if (isReview) this.#reviewAtWallMs = nowWallMs + REVIEW_MS;
    this.#reviewDue(isReview ? Number.POSITIVE_INFINITY : nowWallMs);
  }
}
