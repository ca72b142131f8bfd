/** Bounds of remoting: every table and buffer has one. */
import type { CodecLimits } from './codec/limits.ts';
import { CODEC_LIMITS } from './codec/limits.ts';

/** Limits of one node's remoting. */
export interface RemotingLimits extends CodecLimits {
  /** A batch is closed before it grows past this, unless one frame alone is longer. */
  readonly batchBytes: number;
  readonly batchFrames: number;
  /** Bytes that may wait for one destination; more become dead letters. */
  readonly maxBufferedBytes: number;
  /** Bytes of all destinations that were published and are not known to have left the process. */
  readonly windowBytes: number;
  /** Reply addresses of this node that others know at one time. */
  readonly maxOpenAsks: number;
  /** Asks of one other node that may be open here. */
  readonly maxIncomingAsks: number;
  /** Watches in each direction, those of one other node for those that come in. */
  readonly maxWatches: number;
  /** Runs of other nodes that are remembered at one time. */
  readonly maxPeers: number;
  /** Every watch is said again after this time, ms: a lost batch delays a farewell, it does not lose it. */
  readonly watchRefreshMs: number;
}

/** Defaults of {@link RemotingLimits}. */
export const REMOTING_LIMITS: RemotingLimits = {
  ...CODEC_LIMITS,
  batchBytes: 256 * 1_024,
  batchFrames: 1_024,
  maxBufferedBytes: 16 * 1_048_576,
  windowBytes: 16 * 1_048_576,
  maxOpenAsks: 65_536,
  maxIncomingAsks: 65_536,
  maxWatches: 16_384,
  maxPeers: 4_096,
  watchRefreshMs: 2_000,
};
