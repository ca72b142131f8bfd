/** Restarts of one child: how many there were lately, and how long the next one waits. */
import type { Random } from '../runtime/kernel/clock.ts';
import { Backoff } from './backoff.ts';
import { DEFAULT_INTENSITY } from './child-spec.ts';
import type { ChildSpec, RestartIntensity } from './child-spec.ts';

/** Judges one failure after another; time is the monotonic clock's. */
export class RestartRecord {
  readonly #intensity: RestartIntensity;
  readonly #backoff: Backoff;
  readonly #failuresMs: number[] = [];
  #restartCount = 0;

  constructor(spec: Pick<ChildSpec, 'intensity' | 'backoff'>, random: Random) {
    this.#intensity = spec.intensity ?? DEFAULT_INTENSITY;
    const { withinMs } = this.#intensity;
    this.#backoff = new Backoff(random, { quietMs: withinMs, ...spec.backoff });
  }

  /** Restarts that were granted since the supervisor started. */
  get restartCount(): number {
    return this.#restartCount;
  }

  /** Delay before the restart, ms, or undefined when the child failed more often than allowed. */
  grant(nowMs: number): number | undefined {
    const { maxRestarts, withinMs } = this.#intensity;
    while (this.#failuresMs.length > 0 && this.#failuresMs[0]! <= nowMs - withinMs) this.#failuresMs.shift();
    if (this.#failuresMs.length >= maxRestarts) return undefined;
    this.#failuresMs.push(nowMs);
    this.#restartCount += 1;
    return this.#backoff.next(nowMs);
  }
}
