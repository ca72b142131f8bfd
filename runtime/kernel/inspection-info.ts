/** What operators see of an actor and of a dead letter. */
import type { StopReason } from './actor.ts';
import type { Envelope } from './messaging/envelope.ts';

/** Snapshot of one actor (RUN-14). Times in ms on the monotonic clock unless named otherwise. */
export interface ActorInfo {
  readonly path: string;
  readonly name: string;
  readonly node: string;
  readonly behavior: string;
  readonly lifecycle:
    'starting' | 'idle' | 'busy' | 'paused' | 'suspended' | 'restarting' | 'stopping' | 'stopped';
  /** From `ActorOptions.stateName`; absent without one. */
  readonly stateName?: string;
  readonly mailboxDepth: number;
  readonly mailboxMaxDepth: number;
  readonly mailboxCapacity: number;
  readonly processedCount: number;
  readonly restartCount: number;
  readonly lastError?: { readonly message: string; readonly stack?: string; readonly atWallMs: number };
  readonly uptimeMs: number;
  readonly childCount: number;
  readonly watcherCount: number;
  /** Percentiles of handling time over the watched window; absent unless watched. */
  readonly handling?: { readonly p50Ms: number; readonly p99Ms: number };
  /** How long messages waited, sampled; absent unless watched (RUN-07). */
  readonly waiting?: { readonly p50Ms: number; readonly p99Ms: number };
}

/** Why a message was not handled. */
export type DeadLetterReason =
  | 'no-such-actor'
  | 'stopped'
  | 'mailbox-full'
  | 'dropped-oldest'
  | 'expired'
  | 'late-reply'
  | 'duplicate'
  | 'undeliverable';

/** A message that was not handled (RUN-09). */
export interface DeadLetter {
  readonly sequence: number;
  readonly recipient: string;
  /** Node of the recipient where that is another one. */
  readonly node?: string;
  readonly sender: string | undefined;
  readonly reason: DeadLetterReason;
  readonly message: unknown;
  /** `type` or constructor of the message, for lists that must not show content. */
  readonly messageType: string;
  readonly atWallMs: number;
  readonly envelope: Envelope;
}

/** Change of the tree, as a stream. */
export type TreeEvent =
  | { readonly kind: 'spawned'; readonly path: string }
  | { readonly kind: 'stopped'; readonly path: string; readonly reason: StopReason }
  | { readonly kind: 'crashed'; readonly path: string; readonly error: string; readonly decision: string }
  | { readonly kind: 'restarted'; readonly path: string; readonly restarts: number }
  | { readonly kind: 'paused' | 'resumed'; readonly path: string }
  | { readonly kind: 'slow-handler'; readonly path: string; readonly elapsedMs: number }
  | { readonly kind: 'dead-letter'; readonly path: string; readonly reason: DeadLetterReason };
