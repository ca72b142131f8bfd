/**
 * Time and chance, injected: nothing in runtime, council, supervisors or cluster reads the process's own.
 *
 * Three clocks: monotonic for time-outs, leases and budgets; wall for display and record fields; order comes
 * from the ledger's sequence, never from a clock.
 */

/** A pending timer. */
export interface TimerHandle {
  /** Idempotent; a cancelled timer never fires. */
  cancel(): void;
}

/** Source of time and of timers for one system. */
export interface Clock {
  /** Milliseconds, fractional, from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z; may jump. */
  wallMs(): number;
  /** Runs `task` once after `delayMs` (≥ 0). A task that throws is reported, never rethrown. */
  setTimer(delayMs: number, task: () => void): TimerHandle;
}

/** Source of chance for one system: jitter, identifiers that need not be secret. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** 32 random bits, unsigned. */
  uint32(): number;
}
