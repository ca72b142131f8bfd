/** What a kind of entities is made of. */
import type { ActorRef, AnyRef, Fence } from '../../runtime/kernel/index.ts';
import type { ShardDirectory } from './shard-directory.ts';

/** One entity about to become active. */
export interface Activation {
  readonly id: string;
  /** Parent and name to spawn it with. */
  readonly parent: AnyRef;
  readonly name: string;
  /** For `ActorOptions.fence` and every write: its shard's claim. */
  readonly fence: Fence;
  /** For `ActorOptions.shutdownAfterMs`; undefined: it stays. */
  readonly shutdownAfterMs: number | undefined;
}

/** A kind of virtual actors: each has an id, one life at a time in the cluster, and comes when told. */
export interface EntityKind<M = never> {
  /** Kebab-case; the same on all nodes. */
  readonly kind: string;
  readonly directory: ShardDirectory;
  /** Spawns the entity, in the same turn; absent on nodes that only send to this kind. */
  readonly start?: (activation: Activation) => ActorRef<M>;
  /** An entity without a message for so long is stopped; its next one makes it again (default: never). */
  readonly passivateAfterMs?: number;
  /** Entities that did not end of themselves are made again where their shard goes, without a message. */
  readonly remember?: boolean;
}
