/** Parts of `npm run chaos:ledger`: each causes its faults and says of every one whether all was kept. */

/** One fault that was caused. */
export interface ChaosRow {
  readonly section: string;
  /** Where, or what. */
  readonly fault: string;
  /** Times it was caused. */
  readonly times: number;
  /** Nothing that was acknowledged was lost or came in another order, and nothing was done twice. */
  readonly held: boolean;
  /** Entries or roots that were acknowledged, and looked for. */
  readonly looked: number;
  readonly lost: number;
  readonly twice: number;
  /** What is wrong; empty when it held. */
  readonly detail: string;
}

/** How thorough a run is. */
export interface ChaosOptions {
  /** A few of the faults of each kind: what `npm test` does. */
  readonly isShort: boolean;
}

/** A part; gives rows as they come. */
export type ChaosSection = (options: ChaosOptions) => AsyncIterable<ChaosRow>;
