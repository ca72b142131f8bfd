/** What a library must show to take part: one stage per process, built from its own public functions. */

/** Message of the cases: plain objects, made anew for each tell. */
export interface BenchMessage {
  readonly type: string;
  readonly value: number;
}

/** What an actor does with a message: state in, state out; the same function for every subject. */
export type Reaction = (state: number, message: BenchMessage) => number;

/** Actors of one parent that are stopped together. */
export interface Crowd {
  stop(): Promise<void>;
}

/** Actor that keeps its questions until `release`, then answers each with value × 3. */
export interface Holder<Ref> {
  readonly ref: Ref;
  /** Questions that wait. */
  heldCount(): number;
  release(): void;
}

/** A started system of one library. */
export interface Stage<Ref> {
  /** A new actor with state 0. */
  spawn(reaction: Reaction): Ref | Promise<Ref>;
  tell(ref: Ref, message: BenchMessage): void;
  /** An actor that answers a question with its value + 1. */
  responder(): Ref | Promise<Ref>;
  ask(ref: Ref, value: number): Promise<number>;
  /** Asks all and resolves with all answers. */
  askAll(refs: readonly Ref[], value: number): Promise<readonly number[]>;
  /** An actor with `childCount` idle children of its own. */
  family(childCount: number, reaction: Reaction): Ref | Promise<Ref>;
  /** Fills `refs` with actors below one parent. */
  crowd(refs: (Ref | undefined)[], reaction: Reaction): Crowd | Promise<Crowd>;
  /** Calls `onFire` in an actor's turn once `delayMs` is over. */
  after(delayMs: number, onFire: () => void): void;
  holder(capacity: number): Holder<Ref> | Promise<Holder<Ref>>;
}

/** Cases by name. */
export type CaseName =
  | 'tell'
  | 'tell-mega'
  | 'pingpong'
  | 'ask1'
  | 'ask64'
  | 'council12'
  | 'spawn'
  | 'idle-bytes'
  | 'children'
  | 'timer-lateness'
  | 'asks-in-flight';

/** A library in the comparison. */
export interface Subject<Ref = unknown> {
  readonly version: string;
  open(): Promise<Stage<Ref>>;
  /** Cases that it cannot do, and why. */
  readonly cannot: Partial<Record<CaseName, string>>;
  /** Asks in flight that it is given (default 1,000,000). */
  readonly asksInFlight?: number;
  /** Largest family that it raises in reasonable time (default any). */
  readonly familyMaxCount?: number;
  /** Actors of the cases about memory (default 100,000). */
  readonly crowdCount?: number;
}
