/** Port: where an entity lives. One node: everywhere is here. */
import type { Fence } from '../../actor.ts';

/** Where an entity is and under which generation. */
export interface Placement {
  readonly node: string;
  readonly local: boolean;
  readonly fence: Fence;
}

/** Decides the owner of an entity; ownership changes are announced before they take effect. */
export interface PlacementPort {
  /** Owner of `entityId` of `kind`; may wait for a lease. @throws unavailable while nobody can own it */
  locate(kind: string, entityId: string): Promise<Placement>;
  /** Calls `handler` when this node loses entities of `kind`. Returns an unsubscribe. */
  onLost(kind: string, handler: (entityIds: readonly string[]) => void): () => void;
}
