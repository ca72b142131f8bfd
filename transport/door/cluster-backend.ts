/** What doors ask of a node's cluster. */
import type { ScaleAdvice } from '../../contracts/messages/cluster/load.ts';
import type {
  ClusterDrainView,
  ClusterShardsView,
  ClusterView,
  DeadLetterContentView,
  DeadLetterName,
  DeadLettersView,
} from '../../contracts/messages/door/cluster.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';

/** The cluster as this node sees it. @throws permission_denied */
export interface ClusterBackend {
  status(principal: Principal): Promise<ClusterView>;
  shards(principal: Principal): Promise<ClusterShardsView>;
  /**
   * Hands over what this node owns; resolves when it decides nothing any more. It stays a member until it
   * stops.
   */
  drain(principal: Principal): Promise<ClusterDrainView>;
  /** How many nodes there should be, by their load. @throws unavailable */
  advice(principal: Principal): Promise<ScaleAdvice>;
  /** Messages between nodes that were given up. @throws unavailable */
  deadLetters(principal: Principal): Promise<DeadLettersView>;
  /** One with its content. @throws not_found, unavailable */
  deadLetter(name: DeadLetterName, principal: Principal): Promise<DeadLetterContentView>;
  /** Sends it again, as new. @throws not_found, overloaded, unavailable */
  replayDeadLetter(name: DeadLetterName, principal: Principal): Promise<DeadLetterName>;
  /** Removes it for good. @throws not_found, unavailable */
  dropDeadLetter(name: DeadLetterName, principal: Principal): Promise<DeadLetterName>;
}
