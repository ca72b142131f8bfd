/** Actors of other nodes behind the same refs. */
import type { ActorRef } from '../../runtime/kernel/index.ts';

/** Makes refs of actors elsewhere, and takes what others send to actors here. */
export interface Remoting {
  /** Ref of `path` on the newest run of `node`; on this node itself: the local ref. */
  ref<M>(node: string, path: string): ActorRef<M>;
  /** Sends what waits to go; resolves when it left this process. */
  flush(): Promise<void>;
  /** Takes nothing any more, fails open asks to other nodes with `stopped`. Idempotent. */
  close(): Promise<void>;
}
