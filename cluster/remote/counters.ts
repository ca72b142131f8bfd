/** What remoting counts; plain numbers, read by whoever makes metrics of them. */

/** Totals since the start. */
export interface RemotingCounters {
  /** Frames that were put into batches. */
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly batchesSent: number;
  readonly batchesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Batches that others sent and that never came: gaps in their numbers. */
  readonly batchesLost: number;
  /** Batches that came twice or after a later one; not handled. */
  readonly batchesRepeated: number;
  /** Batches and frames that were not understood, or came from a run that is over. */
  readonly refused: number;
  /** Messages that did not leave: no such node, buffer full, too large, not to be encoded. */
  readonly undelivered: number;
  /** Answers that came when nobody waited any more. */
  readonly lateReplies: number;
}

/** Counters as their owner holds them. */
export type Counters = { -readonly [Name in keyof RemotingCounters]: number };

/** All zero. */
export function newCounters(): Counters {
  return {
    framesSent: 0,
    framesReceived: 0,
    batchesSent: 0,
    batchesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    batchesLost: 0,
    batchesRepeated: 0,
    refused: 0,
    undelivered: 0,
    lateReplies: 0,
  };
}
