/** State bits of a cell: one integer is tested on the hot path instead of a dozen fields. */

/** In the run queue, or running its slice right now. */
export const SCHEDULED = 1;
/** A handler's promise is open. */
export const BUSY = 2;
/** Paused by an operator. */
export const PAUSED = 4;
/** Crashed; the decision, or its delay, is awaited. */
export const CRASHED = 8;
/** Initial state or recovery is awaited. */
export const STARTING = 16;
/** Takes no more messages; children and `afterStop` are on their way. */
export const STOPPING = 32;
/** Gone. */
export const STOPPED = 64;
/** The fence is not held: no slice runs. */
export const FENCE_LOST = 128;
/** Waits until messages that it sent are admitted by a full mailbox with `backpressure`. */
export const BLOCKED = 256;
/** Mailbox with lanes, reserved slots or parked messages: admission takes the slow path. */
export const SPECIAL_MAILBOX = 512;
/** The system drains: messages from outside are refused. */
export const DRAINING = 1_024;
/** System messages wait. */
export const SYSTEM_LANE = 2_048;
/** Handling and waiting times are recorded. */
export const WATCHED = 4_096;
/** Has a fence to ask before each slice. */
export const FENCED = 8_192;
/** Stops itself after a time without messages. */
export const IDLE_LIMIT = 16_384;
/** Some message in the mailbox travels in an envelope. */
export const ENVELOPES = 32_768;
/** The current turn left work for its end: effects, events to append. */
export const TURN_END = 65_536;
/** Being reset: children stop before the actor starts anew. */
export const RESETTING = 131_072;
/** State changes by stored events alone. */
export const DURABLE = 262_144;
/** Signals wait. */
export const SIGNALS = 524_288;

/** No user message is taken while one of these is set. */
export const NOT_RUNNABLE =
  BUSY | PAUSED | CRASHED | STARTING | STOPPING | STOPPED | FENCE_LOST | BLOCKED | RESETTING;
/** A tell leaves the fast path when one of these is set. */
export const SLOW_TELL = STOPPING | STOPPED | SPECIAL_MAILBOX | DRAINING | WATCHED;
/** A tell does not wake the actor when one of these is set. */
export const NO_WAKE = SCHEDULED | (NOT_RUNNABLE & ~FENCE_LOST);
/** A slice takes the careful loop when one of these is set. */
export const SLOW_SLICE =
  NOT_RUNNABLE |
  SPECIAL_MAILBOX |
  SYSTEM_LANE |
  SIGNALS |
  WATCHED |
  FENCED |
  IDLE_LIMIT |
  ENVELOPES |
  DURABLE;
/** After a message the loop looks closer when one of these is set. */
export const AFTER_MESSAGE = NOT_RUNNABLE | SYSTEM_LANE | TURN_END;
