/** The fence of a claim: the two reasons for which its holder may not act, put together in one place. */
import type { Fence } from '../../runtime/kernel/actor.ts';
import type { NodeLease } from '../membership/node-lease.ts';

/** What a fence is made of. */
export interface FenceParts {
  readonly generation: number;
  /** Of this node: runs out by its own clock, whatever others know. */
  readonly lease: NodeLease;
  /** Newest revision of the claim's key that was seen here: a higher one is another owner's. */
  seenRevision(): number;
  isReleased(): boolean;
}

/** Held while the lease is, nobody newer was seen, and it was not given up. */
export function claimFence({ generation, lease, seenRevision, isReleased }: FenceParts): Fence {
  return {
    generation,
    isHeld: () => !isReleased() && lease.isHeld() && seenRevision() <= generation,
  };
}
