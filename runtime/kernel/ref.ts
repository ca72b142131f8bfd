/** Addresses of actors: what a sender holds, local or remote. */

/** Reference to an actor that takes messages of type `M`. Comparable with `===` inside one system. */
export interface ActorRef<M = unknown> {
  /** Hierarchical path (`/council/guardian`); `/` is the root guardian. */
  readonly path: string;
  /** Last segment of the path. */
  readonly name: string;
  /** Node that hosts the actor; the local node's name for local refs. */
  readonly node: string;
  /**
   * Fire-and-forget: never throws and never blocks the sender; what cannot be delivered becomes a dead
   * letter.
   */
  tell(message: M, sender?: ActorRef<never>): void;
  /** Message type, for inference only; absent at run time. */
  readonly __message?: (message: M) => void;
}

/** A reference whose message type does not matter to the holder. */
// A parameter position makes `ActorRef` contravariant: only `never` accepts every ref.
export type AnyRef = ActorRef<never>;
