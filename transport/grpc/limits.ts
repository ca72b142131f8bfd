/** What one caller may cost at the gRPC door. */
import { DECISION_LIMITS } from '../../contracts/messages/decision.ts';

/** Bounds of the door; all have a default in {@link GRPC_LIMITS}. */
export interface GrpcLimits {
  /** Bytes of one message of a caller. */
  readonly messageMaxBytes: number;
  /** Streams open at once, all callers together; past it `overloaded`. */
  readonly streamMaxCount: number;
  /** Calls open at once on one connection; HTTP/2 holds further ones back. */
  readonly connectionCallMaxCount: number;
  /** Decisions open at once on one EvaluateStream; further ones are not read. */
  readonly inFlightMaxCount: number;
  /** A reader of a stream that takes nothing for this long is cut off, ms. */
  readonly stallMs: number;
  /** An outside agent must register within this time, ms. */
  readonly registerMs: number;
  /** A connection without a sign of life is pinged after this time, and ended `keepaliveTimeoutMs` later. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** A connection without calls is closed after this time, ms. */
  readonly idleMs: number;
}

/** Bounds used where none are given. */
export const GRPC_LIMITS: GrpcLimits = {
  // A body of the largest size fits with its envelope.
  messageMaxBytes: DECISION_LIMITS.bodyBytes + 4_096,
  streamMaxCount: 1_000,
  connectionCallMaxCount: 256,
  inFlightMaxCount: 64,
  stallMs: 60_000,
  registerMs: 10_000,
  keepaliveMs: 60_000,
  keepaliveTimeoutMs: 20_000,
  idleMs: 300_000,
};
