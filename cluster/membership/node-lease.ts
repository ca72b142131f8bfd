/** The lease of this node: what everything that it owns in the cluster rests on. */

/**
 * State of the own lease. `suspended`: the own clock ran out before a renewal was known to have succeeded; a
 * renewal resumes it. `lost`: another node ended it, for good; the node comes back as a new incarnation.
 */
export type LeaseState = 'joining' | 'held' | 'suspended' | 'lost';

/** The lease of one incarnation. There is one per node, so that the writes grow with nodes, not with shards. */
export interface NodeLease {
  readonly node: string;
  readonly incarnation: string;
  readonly state: LeaseState;
  /** Whether what this node owns may act now: compares the own monotonic clock, asks nobody. */
  isHeld(): boolean;
  /** Called after each change of state; returns an unsubscribe. */
  onChange(listener: (state: LeaseState) => void): () => void;
}
