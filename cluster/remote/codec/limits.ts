/** Bounds of what travels between nodes, for both directions. */

/** Limits of one message; the receiver checks them again, because bytes can come from anywhere. */
export interface CodecLimits {
  /** Bytes of one frame, envelope included. */
  readonly maxBytes: number;
  /** Values inside values. */
  readonly maxDepth: number;
  /** Values of all kinds in one message. */
  readonly maxValues: number;
}

/** Defaults: a frame fits one message of NATS (1 MB) with its batch's head. */
export const CODEC_LIMITS: CodecLimits = { maxBytes: 1_000_000, maxDepth: 64, maxValues: 200_000 };
