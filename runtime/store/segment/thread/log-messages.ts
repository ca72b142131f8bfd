/** What a log's thread and its owner say to each other. */
import type { BatchOutcome, LogStart } from '../core/log-engine.ts';
import type { LogHead } from '../head-file.ts';

/** What the thread is started with. */
export interface LogThreadData {
  readonly folder: string;
  readonly segmentBytes: number;
  readonly start: LogStart;
}

/** To the thread. Each is answered once, with its number. */
export type ToLogThread =
  | {
      readonly type: 'append';
      readonly request: number;
      /** Handed over, not copied. */
      readonly bytes: Uint8Array;
      readonly count: number;
      readonly atWallMs: number;
    }
  | { readonly type: 'seal'; readonly request: number }
  | { readonly type: 'close'; readonly request: number };

/** From the thread; request 0 says that it is ready. */
export interface FromLogThread {
  readonly request: number;
  readonly outcome?: BatchOutcome;
  readonly head?: LogHead;
  readonly error?: { readonly message: string; readonly code: string | undefined };
}
