/** Large messages that are handed over part by part: bounded in number, bytes and time. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';

const KEEP_MS = 10_000;
const MAX_BYTES = 67_108_864;

interface Held {
  readonly bytes: Uint8Array;
  filled: number;
  readonly timer: TimerHandle;
}

/** Parts by the id of what they belong to. */
export class HeldParts {
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  #byteLength = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a part up; parts come in order. @throws overloaded, invalid_argument */
  add(id: string, { at, total, bytes }: { at: number; total: number; bytes: Uint8Array }): void {
    const held = at === 0 ? this.#begin(id, total) : this.#held.get(id);
    if (!held || held.filled !== at || at + bytes.length > held.bytes.length)
      throw new WitanError('invalid_argument', 'a part is missing or does not fit', {
        path: 'at',
        at,
        total,
      });
    held.bytes.set(bytes, at);
    held.filled += bytes.length;
  }

  /** Bytes from `at` on; at the end they are forgotten. */
  part(id: string, at: number, most: number): Uint8Array {
    const held = this.#held.get(id);
    if (!held) return new Uint8Array(0);
    if (at + most >= held.bytes.length) this.#drop(id);
    return held.bytes.subarray(at, at + most);
  }

  /** All of it, once. @throws invalid_argument when a part is missing */
  take(id: string): Uint8Array {
    const held = this.#held.get(id);
    this.#drop(id);
    if (held && held.filled === held.bytes.length) return held.bytes;
    throw new WitanError('invalid_argument', 'a part is missing', { path: 'id' });
  }

  /** Forgets everything. */
  clear(): void {
    for (const id of this.#held.keys()) this.#drop(id);
  }

  #begin(id: string, total: number): Held {
    this.#drop(id);
    if (!(total >= 0) || this.#byteLength + total > MAX_BYTES)
      throw new WitanError('overloaded', 'too much is handed over at once', { retryAfterMs: KEEP_MS });
    const timer = this.#clock.setTimer(KEEP_MS, () => this.#drop(id));
    const held = { bytes: new Uint8Array(total), filled: 0, timer };
    this.#held.set(id, held);
    this.#byteLength += total;
    return held;
  }

  #drop(id: string): void {
    const held = this.#held.get(id);
    if (!held) return;
    held.timer.cancel();
    this.#held.delete(id);
    this.#byteLength -= held.bytes.length;
  }
}
