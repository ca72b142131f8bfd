/** Collects at most one vote per voter and round, and says when a round is over. */
import type { Clock, TimerHandle } from './clock.ts';

/** Why a voter has no vote in a round. */
export type AbsenceReason = 'deadline' | 'crashed' | 'stopped' | 'refused' | 'invalid' | 'undecided';

/** What became of one offered vote. */
export type VoteReceipt =
  | 'counted'
  /** The voter already has a vote in this round, counted or late; the new one is dropped. */
  | 'duplicate'
  /** The round is over; reported to `onLate`, not counted. */
  | 'late'
  /** The round has not been opened yet. */
  | 'early'
  /** Not on the roster of the round. */
  | 'unknown-voter';

/** Why a round ended. */
export type RoundEnd = 'complete' | 'decided' | 'deadline' | 'closed';

/** State of a round; arrays are by voter index, the order of `voters`. */
export interface RoundView<V> {
  readonly round: number;
  readonly votes: readonly (V | undefined)[];
  /**
   * Voters in this round whose vote is counted, absent, or still awaited; they add up to the round's
   * voters.
   */
  readonly votedCount: number;
  readonly absentCount: number;
  readonly pendingCount: number;
}

/** A round that is over. */
export interface RoundResult<V> extends RoundView<V> {
  readonly end: RoundEnd;
  /** Voters of the round without a vote, in roster order; `undecided`: cut off because the result stood. */
  readonly absent: readonly { readonly voter: string; readonly reason: AbsenceReason }[];
  readonly elapsedMs: number;
}

/** A vote that came after its round. */
export interface LateVote<V> {
  readonly round: number;
  readonly voter: string;
  readonly vote: V;
}

/** Settings of one collector. Callbacks run inside `offer`, `markAbsent`, `close` or the deadline's timer. */
export interface VoteCollectorOptions<V> {
  readonly clock: Clock;
  /** Unique names, in roster order. */
  readonly voters: readonly string[];
  onRoundClosed(result: RoundResult<V>): void;
  onLate?(late: LateVote<V>): void;
}

/** Settings of one round. */
export interface RoundOptions<V> {
  readonly deadlineMs: number;
  /** Voters that are asked; default all. */
  readonly voters?: readonly string[];
  /** Asked after each vote and absence: true ends the round at once because no more votes can matter. */
  readonly isDecided?: (view: RoundView<V>) => boolean;
}

/** Bounded by voters × rounds: a late vote is kept as a bit, not as a value. */
export class VoteCollector<V> {
  readonly #options: VoteCollectorOptions<V>;
  readonly #indexOf: ReadonlyMap<string, number>;
  /** Per round, the voters whose vote was taken, in time or late. */
  readonly #taken = new Map<number, Bitmap>();
  #current: OpenRound<V> | undefined;

  constructor(options: VoteCollectorOptions<V>) {
    this.#options = options;
    this.#indexOf = new Map(options.voters.map((voter, index) => [voter, index]));
    if (this.#indexOf.size !== options.voters.length) throw new TypeError('voters must be unique');
  }

  /** Round that takes votes now. */
  get round(): number | undefined {
    return this.#current?.round;
  }

  /** Opens a round: each only once, and only after the one before is over. */
  open(round: number, options: RoundOptions<V>): void {
    if (this.#current) throw new TypeError(`round ${this.#current.round} is still open`);
    if (this.#taken.has(round)) throw new TypeError(`round ${round} was opened before`);
    const asked = new Bitmap(this.#options.voters.length);
    for (const voter of options.voters ?? this.#options.voters) {
      const index = this.#indexOf.get(voter);
      if (index === undefined) throw new TypeError(`${voter} is not a voter`);
      asked.set(index);
    }
    const { clock } = this.#options;
    const current = new OpenRound<V>(round, asked, { ...options, startedMs: clock.monotonicMs() });
    this.#taken.set(round, new Bitmap(this.#options.voters.length));
    this.#current = current;
    if (asked.count === 0) return this.#end('complete', 'undecided');
    current.timer = clock.setTimer(options.deadlineMs, () => this.#end('deadline', 'deadline'));
  }

  /** Takes a vote. A voter marked absent may still vote until the round is over. */
  offer(voter: string, round: number, vote: V): VoteReceipt {
    const index = this.#indexOf.get(voter);
    if (index === undefined) return 'unknown-voter';
    const taken = this.#taken.get(round);
    if (!taken) return 'early';
    const current = this.#current?.round === round ? this.#current : undefined;
    if (current && !current.asked.has(index)) return 'unknown-voter';
    if (taken.has(index)) return 'duplicate';
    taken.set(index);
    if (!current) {
      this.#options.onLate?.({ round, voter, vote });
      return 'late';
    }
    current.takeVote(index, vote);
    this.#advance(current);
    return 'counted';
  }

  /** Notes that no vote is to be expected (voter died, refused); false when there is nothing to note. */
  markAbsent(voter: string, reason: AbsenceReason): boolean {
    const index = this.#indexOf.get(voter);
    const current = this.#current;
    if (index === undefined || !current?.takeAbsence(index, reason)) return false;
    this.#advance(current);
    return true;
  }

  /**
   * Ends the open round now; voters still awaited are absent for `reason`. Without an open round: nothing.
   */
  close(reason: AbsenceReason = 'undecided'): void {
    if (this.#current) this.#end('closed', reason);
  }

  /** Frees the timer without a result; the collector then only tells late votes. Idempotent. */
  release(): void {
    this.#current?.timer?.cancel();
    this.#current = undefined;
  }

  #advance(current: OpenRound<V>): void {
    if (current.view.pendingCount === 0) this.#end('complete', 'undecided');
    else if (current.isDecided?.(current.view)) this.#end('decided', 'undecided');
  }

  #end(end: RoundEnd, pendingReason: AbsenceReason): void {
    const current = this.#current;
    if (!current) return;
    current.timer?.cancel();
    this.#current = undefined;
    const elapsedMs = this.#options.clock.monotonicMs() - current.startedMs;
    const absent = current.absences(this.#options.voters, pendingReason);
    const { votedCount } = current.view;
    this.#options.onRoundClosed({
      round: current.round,
      votes: current.votes,
      votedCount,
      absentCount: absent.length,
      pendingCount: 0,
      end,
      absent,
      elapsedMs,
    });
  }
}

class OpenRound<V> {
  readonly round: number;
  readonly asked: Bitmap;
  readonly isDecided: ((view: RoundView<V>) => boolean) | undefined;
  readonly startedMs: number;
  readonly votes: (V | undefined)[];
  readonly #voted: Bitmap;
  readonly #absent = new Map<number, AbsenceReason>();
  timer: TimerHandle | undefined;

  constructor(round: number, asked: Bitmap, options: RoundOptions<V> & { startedMs: number }) {
    this.round = round;
    this.asked = asked;
    this.isDecided = options.isDecided;
    this.startedMs = options.startedMs;
    this.votes = new Array<V | undefined>(asked.size).fill(undefined);
    this.#voted = new Bitmap(asked.size);
  }

  get view(): RoundView<V> {
    const votedCount = this.#voted.count;
    const absentCount = this.#absent.size;
    const pendingCount = this.asked.count - votedCount - absentCount;
    return { round: this.round, votes: this.votes, votedCount, absentCount, pendingCount };
  }

  takeVote(index: number, vote: V): void {
    this.#voted.set(index);
    this.#absent.delete(index);
    this.votes[index] = vote;
  }

  takeAbsence(index: number, reason: AbsenceReason): boolean {
    if (!this.asked.has(index) || this.#voted.has(index) || this.#absent.has(index)) return false;
    this.#absent.set(index, reason);
    return true;
  }

  absences(
    voters: readonly string[],
    pendingReason: AbsenceReason,
  ): { voter: string; reason: AbsenceReason }[] {
    return voters.flatMap((voter, index) => {
      if (!this.asked.has(index) || this.#voted.has(index)) return [];
      return [{ voter, reason: this.#absent.get(index) ?? pendingReason }];
    });
  }
}

/** Fixed set of small integers. */
class Bitmap {
  readonly size: number;
  readonly #words: Uint32Array;
  count = 0;

  constructor(size: number) {
    this.size = size;
    this.#words = new Uint32Array((size + 31) >>> 5);
  }

  has(index: number): boolean {
    return ((this.#words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }

  set(index: number): void {
    if (this.has(index)) return;
    this.#words[index >>> 5]! |= 1 << (index & 31);
    this.count += 1;
  }
}
