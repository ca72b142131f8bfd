/** Port: counters in windows that several nodes share. */

/** How many permits are asked of which window. */
export interface PermitRequest {
  /** 1 or more; fewer may be granted. */
  readonly count: number;
  /** Permits of one window. */
  readonly limit: number;
  /** Life of a window from its first permit on, ms. */
  readonly windowMs: number;
}

/** Permits that were granted. */
export interface PermitGrant {
  /** 0: the window is used up. */
  readonly granted: number;
  /** Permits of the window that nobody has. */
  readonly left: number;
  /** Time until the window ends, ms, at the moment of counting. */
  readonly resetMs: number;
  /** Names the window: permits go back to it and to no later one. */
  readonly windowId: string;
}

/** Hands out permits; over all nodes never more than the limit in one window. */
export interface SharedCounterPort {
  /** @throws unavailable (outcome unknown: permits may be lost until the window ends) */
  take(key: string, request: PermitRequest): Promise<PermitGrant>;
  /** Takes unused permits back, if their window has not ended. @throws unavailable */
  giveBack(key: string, windowId: string, count: number): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
