/** What the node and a thread of evaluators say to each other. */
import type { ScreenResult } from '../../../agents/platform/gate/screen.ts';
import type { Settings } from '../../../config/schema.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { Evidence, PeerEvidence } from '../../../contracts/messages/evidence.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';

/** Setting `screen.patterns`. */
export type ScreenPatterns = Settings['screen']['patterns'];

/** What a thread is started with. */
export interface EvaluationWorkerData {
  /** Seats that it evaluates for, in roster order. */
  readonly seats: readonly string[];
  /** Patterns that each decision's texts are screened with. */
  readonly screen: ScreenPatterns;
  /** Two numbers of requests, written by the thread: {@link STARTED} and {@link FINISHED}. */
  readonly marks: SharedArrayBuffer;
}

/** Index of the latest request that the thread has begun. */
export const STARTED = 0;
/** Index of the latest request whose answer the thread has sent. */
export const FINISHED = 1;

/** To the thread: judge this, unless its time is over before you come to it. */
export interface EvaluateRequest {
  /** Counts from 1 in each life of the thread. */
  readonly request: number;
  readonly decision: Decision;
  readonly attested: Readonly<Record<string, unknown>>;
  readonly peers: readonly PeerEvidence[];
  /** End of its budget on {@link processMs}. */
  readonly untilMs: number;
}

/** Why an evaluator or a question gave nothing. */
export interface EvaluationFault {
  readonly fault: ErrorCode;
  readonly message: string;
}

/** What all evaluators of the roster say of one input. */
export interface EvaluationAnswer {
  /** By seat: whether its mandate is touched. */
  readonly applicable: readonly (boolean | EvaluationFault)[];
  /** By evaluator, seat after seat. */
  readonly evidence: readonly (Evidence | EvaluationFault)[];
  /** What the screen for prompt injection says; null where it is off. */
  readonly screen: ScreenResult | EvaluationFault | null;
  /** Time in the evaluators of each seat, ms. */
  readonly elapsedMs: readonly number[];
}

/** Evidence that a thread says often is sent once and then named by its place in the order of sending. */
export type SentEvidence = Evidence | EvaluationFault | number;

/** To the node. */
export type FromEvaluationThread =
  /** Sent once, when the thread takes requests; `evaluators` are the refs in the order of every answer. */
  | {
      readonly type: 'ready';
      readonly evaluators: readonly string[];
      /** Under which its processor time is read; null where the system does not tell. */
      readonly thread: string | null;
    }
  | { readonly type: 'expired'; readonly request: number }
  | {
      readonly type: 'answer';
      readonly request: number;
      readonly applicable: EvaluationAnswer['applicable'];
      readonly evidence: readonly SentEvidence[];
      readonly screen: EvaluationAnswer['screen'];
      readonly elapsedMs: EvaluationAnswer['elapsedMs'];
    };

/** Time of the process, ms, the same in each of its threads. */
export function processMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
