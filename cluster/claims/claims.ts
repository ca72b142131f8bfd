/** Ownership in the cluster: taken by compare-and-set, never read into being. */
import type { ClaimHolder } from '../../contracts/messages/cluster/claim.ts';
import type { Fence } from '../../runtime/kernel/actor.ts';

/** A claim as this node sees it. */
export interface Claim {
  readonly name: string;
  /** Undefined: free; also when the holder's incarnation is gone. */
  readonly holder: ClaimHolder | undefined;
  /** Revision of its key: the generation of the holder. */
  readonly generation: number;
}

/** What this node holds of a claim that it took. */
export interface HeldClaim {
  readonly name: string;
  /** Generation of this ownership; higher than that of every earlier owner. */
  readonly generation: number;
  /** Not held: the lease of this node ran out, or another took the claim. */
  readonly fence: Fence;
  /** Gives it up, after the work under it has ended. Idempotent. @throws unavailable (outcome unknown) */
  release(): Promise<void>;
}

/** All claims of the cluster, followed by a watch. */
export interface Claims {
  get(name: string): Claim | undefined;
  /** Claims whose name starts with `prefix`. */
  list(prefix: string): readonly Claim[];
  /**
   * Takes a claim that is free, or whose holder is gone; undefined when another was faster or holds it.
   * @throws unavailable when this node's lease is not held, or the store does not answer
   */
  take(name: string): Promise<HeldClaim | undefined>;
  /** Called with the names that changed. */
  onChange(listener: (names: readonly string[]) => void): () => void;
}
