/** What a log's thread and its owner say to each other. */
import type { BatchOutcome, EngineWritten, LogStart } from '../core/log-engine.ts';
import type { LogHead } from '../head-file.ts';

/** What the thread is started with. */
export interface LogThreadData {
  readonly folder: string;
  readonly segmentBytes: number;
  readonly start: LogStart;
  /** Whether frames are told of when they are written. */
  readonly tellsWritten: boolean;
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
  | {
      readonly type: 'ingest';
      readonly request: number;
      /** Handed over, not copied. */
      readonly bytes: Uint8Array;
      readonly count: number;
      readonly root: Uint8Array | undefined;
    }
  | { readonly type: 'seal'; readonly request: number }
  | { readonly type: 'head'; readonly request: number }
  | { readonly type: 'save'; readonly request: number; readonly head: LogHead }
  | { readonly type: 'close'; readonly request: number };

/** From the thread; request 0 says that it is ready, and is that of frames that were written. */
export interface FromLogThread {
  readonly request: number;
  readonly outcome?: BatchOutcome;
  readonly head?: LogHead;
  readonly written?: EngineWritten;
  readonly error?: { readonly message: string; readonly code: string | undefined };
}
