/** What the bench and its load process say to each other. */
import type { LaneTarget } from './lanes/lane.ts';

/** One stretch of load. Times in ms. */
export interface LoadJob {
  readonly target: LaneTarget;
  readonly what: 'health' | 'decisions';
  readonly openCount: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Offered whatever comes back, latency from when a request was due; absent: each asks again. */
  readonly ratePerSecond?: number;
  /** One for each request; the load ends with the last. */
  readonly tokens?: readonly string[];
  readonly seed?: number;
}

/** What became of it. */
export interface LoadFigures {
  readonly doneCount: number;
  /** Outcomes that were no success, with their number. */
  readonly others: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Messages of the load process. */
export type LoadSays =
  | { readonly type: 'ready' }
  | { readonly type: 'measuring' }
  | { readonly type: 'done'; readonly figures: LoadFigures }
  | { readonly type: 'failed'; readonly error: string };
