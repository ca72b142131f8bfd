/** What happens in one run, fixed by its seed before it begins. */
import type { Mood } from './minds.ts';

/** One time that a caller sends a decision. */
export interface PlannedSubmission {
  readonly atMs: number;
  /** False: the key comes with another payload. */
  readonly isSamePayload: boolean;
  /** How often the caller sends it before it gives up. */
  readonly tries: number;
  /** What the caller has left, ms; absent: no limit of its own. */
  readonly budgetMs?: number;
}

/** One decision of the workload. */
export interface PlannedDecision {
  /** Idempotency key, unique within a tenant. */
  readonly key: string;
  readonly tenant: string;
  readonly mood: Mood;
  /** Fields of the request beside key and text. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Key of an earlier decision that this one is another attempt at. */
  readonly retryOfKey?: string;
  /** Repeats the text of another decision: an attempt that is not named. */
  readonly sameTextAs?: string;
  readonly submissions: readonly PlannedSubmission[];
}

/** Kinds of faults that happen at a time of their own. */
export const TIMED_FAULTS = [
  'seat-killed',
  'seat-stopped-for-good',
  'council-session-crash',
  'decision-session-crash',
  'orchestrator-crash',
  'orchestrator-restart',
  'council-restart',
  'session-crash-at-append',
  'node-crash',
  'node-crash-at-append',
  'node-stop',
  'disk-full',
  'write-error',
  'sync-error',
  'disk-slow',
  'reply-lost',
  'reply-silent',
  'journal-failing',
  'index-failing',
  'policy-stopped',
  'policy-late',
  'check-crash',
  'check-late',
  'wall-jump',
  'key-rotated',
  'forged-ballot',
  'admission-closed',
] as const;

/** See {@link TIMED_FAULTS}. */
export type TimedFault = (typeof TIMED_FAULTS)[number];

/** One fault and when it happens. */
export interface PlannedFault {
  readonly kind: TimedFault;
  readonly atMs: number;
  /** For faults that last. */
  readonly forMs: number;
  /** Which of several targets, taken modulo their number. */
  readonly choice: number;
}

/** Shares of messages between sessions and seats that meet each fate. */
export interface NetworkWeather {
  readonly dropShare: number;
  readonly duplicateShare: number;
  readonly delayShare: number;
  readonly delayMaxMs: number;
  /** Seats are on another machine: they share no monotonic clock with the session. */
  readonly isRemote: boolean;
}

/** The whole plan of a run. */
export interface Scenario {
  readonly seed: number;
  readonly decisions: readonly PlannedDecision[];
  readonly faults: readonly PlannedFault[];
  readonly network: NetworkWeather;
  /** Decisions that may be open at once. */
  readonly creditCount: number;
  readonly maxRounds: 1 | 2;
  readonly tallyForm: 'raw' | 'weight-normalised' | 'confidence-normalised';
  /** Sync of the disk takes up to this long, ms. */
  readonly diskMaxMs: number;
  readonly segmentBytes: number;
  /** Whether the journal of sessions outlives a node. */
  readonly isJournalKept: boolean;
  readonly isIndexKept: boolean;
  /** From here on nothing new goes wrong. */
  readonly faultsEndMs: number;
}
