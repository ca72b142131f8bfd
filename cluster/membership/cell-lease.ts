/** {@link NodeLease} over the cell that the heartbeat writes. */
import type { Clock, TimerHandle } from '../../runtime/kernel/clock.ts';
import type { HeartbeatOutput } from './heartbeat.ts';
import type { LeaseCell } from './lease-cell.ts';
import type { LeaseState, NodeLease } from './node-lease.ts';

/** Settings of a {@link CellLease}. */
export interface CellLeaseOptions {
  readonly node: string;
  readonly incarnation: string;
  readonly cell: LeaseCell;
  /** The clock of the heartbeat, as this thread reads it. */
  readonly clock: Clock;
}

/** The lease as the main loop sees it; `isHeld` reads shared memory and a clock, and waits for nobody. */
export class CellLease implements NodeLease {
  readonly node: string;
  readonly incarnation: string;
  readonly #cell: LeaseCell;
  readonly #clock: Clock;
  readonly #listeners = new Set<(state: LeaseState) => void>();
  #told: LeaseState = 'joining';
  #timer: TimerHandle | undefined;

  constructor({ node, incarnation, cell, clock }: CellLeaseOptions) {
    this.node = node;
    this.incarnation = incarnation;
    this.#cell = cell;
    this.#clock = clock;
  }

  get state(): LeaseState {
    return this.#cell.stateAt(this.#clock.monotonicMs());
  }

  isHeld(): boolean {
    return this.#cell.isHeldAt(this.#clock.monotonicMs());
  }

  onChange(listener: (state: LeaseState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes in what the heartbeat said, and tells the listeners of another state. */
  note(output: HeartbeatOutput): void {
    this.#timer?.cancel();
    this.#tell();
    if (this.#told !== 'held') return;
    const leftMs = Math.max(0, output.heldUntilMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.setTimer(leftMs, () => this.#tell());
  }

  /** Stops its timer; the lease itself is the heartbeat's. Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  #tell(): void {
    const state = this.state;
    if (state === this.#told) return;
    this.#told = state;
    for (const listener of this.#listeners) listener(state);
  }
}
