/** State of the own lease in shared memory: one thread writes it, others read it without asking. */
import type { LeaseState } from './node-lease.ts';

/** Bytes of the buffer below a {@link LeaseCell}. */
export const LEASE_CELL_BYTES = 16;

const STATES: readonly LeaseState[] = ['joining', 'held', 'suspended', 'lost'];
const LOST = 3;
const HIGH_UNIT_MS = 2 ** 30;
// A writer is done within microseconds; a reader that still sees a half-written cell fails closed.
const READ_TRIES = 64;

/**
 * Times are those of a clock that all threads of the process read alike (`process.hrtime`, whole ms).
 *
 * The cell is a sequence lock: a reader never takes half of an old and half of a new time for a time.
 */
export class LeaseCell {
  /** Hand it to the other thread, and make a cell of it there. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(LEASE_CELL_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** Only one thread writes. `heldUntilMs` is rounded down; −Infinity: never. */
  write(state: LeaseState, heldUntilMs: number): void {
    const words = this.#words;
    const wholeMs = Math.max(0, Math.floor(heldUntilMs));
    const sequence = Atomics.load(words, 0);
    Atomics.store(words, 0, sequence + 1);
    Atomics.store(words, 1, STATES.indexOf(state));
    Atomics.store(words, 2, Math.floor(wholeMs / HIGH_UNIT_MS));
    Atomics.store(words, 3, wholeMs % HIGH_UNIT_MS);
    Atomics.store(words, 0, sequence + 2);
  }

  /** Whether the lease is held at `nowMs`. A few nanoseconds; allocates nothing. */
  isHeldAt(nowMs: number): boolean {
    const words = this.#words;
    for (let attempt = 0; attempt < READ_TRIES; attempt++) {
      const sequence = Atomics.load(words, 0);
      const state = Atomics.load(words, 1);
      const untilMs = Atomics.load(words, 2) * HIGH_UNIT_MS + Atomics.load(words, 3);
      if ((sequence & 1) === 0 && Atomics.load(words, 0) === sequence) {
        return state !== LOST && nowMs < untilMs;
      }
    }
    return false;
  }

  /** State at `nowMs`: a lease that was held and whose time is over is suspended. */
  stateAt(nowMs: number): LeaseState {
    const written = STATES[Atomics.load(this.#words, 1)]!;
    if (written === 'lost' || written === 'joining') return written;
    return this.isHeldAt(nowMs) ? 'held' : 'suspended';
  }
}
