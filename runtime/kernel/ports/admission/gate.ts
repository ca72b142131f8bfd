/** Port: the one gate of every door: who calls, whether they may, and whether there is room for them. */
import type { WitanError } from '../../../../contracts/errors.ts';
import type { OperationName } from '../../../../contracts/operations.ts';
import type { Credentials, Principal } from '../identity.ts';

/** A call as a door received it, before anything of its body was read. */
export interface GateCall {
  readonly operation: OperationName;
  readonly credentials: Credentials;
  /** Size of the body; 0 or absent: unknown or none. */
  readonly bodyBytes?: number;
  /** W3C trace context of the caller, already checked for form. */
  readonly traceparent?: string;
  /** The call stays open although its operation is short elsewhere (health that is watched). */
  readonly staysOpen?: boolean;
}

/** How much of a rate limit is left. */
export interface RateStatus {
  readonly limit: number;
  readonly remaining: number;
  /** Time until the window starts anew, ms. */
  readonly resetMs: number;
}

/** A call that was let in. */
export interface GatePass {
  readonly principal: Principal;
  /** The limit nearest to its end; null where none applies. */
  readonly rate: RateStatus | null;
  /** W3C trace context of the call inside the node: handed on with what it asks for. */
  readonly traceparent?: string;
  /**
   * For calls that stay open: runs `listener` once when the caller may no longer do what it was let in for,
   * with what a new call would be refused with and the detail `wasAdmitted`; never inside this call. Another
   * listener replaces the first; none runs after `release`.
   */
  onEnd(listener: (why: WitanError) => void): void;
  /** Must be called once when the operation has ended, also after a failure; more calls do nothing. */
  release(): void;
}

/**
 * Authenticates, authorises and limits; every denial is audited. Fails closed: a gate that cannot decide
 * refuses.
 */
export interface GatePort {
  /**
   * No promise where everything needed is at hand (a cached token or key), so that a health check costs none.
   * @throws unauthenticated, permission_denied, rate_limited, quota_exceeded, overloaded, too_large,
   *   unavailable
   */
  admit(call: GateCall): GatePass | Promise<GatePass>;
}
