/** Messages to entities whose shard has no owner at the moment: bounded, in order, not for ever. */
import type { Clock, MessageOptions, TimerHandle } from '../../runtime/kernel/index.ts';
import type { EntityRef } from './entity-ref.ts';

/** A message on its way to an entity. */
export interface EntityLetter {
  readonly ref: EntityRef;
  readonly message: unknown;
  readonly options: MessageOptions;
  /** Lowest generation that it may go to; 0 at first. */
  readonly fromGeneration: number;
  /** It came back once. */
  readonly isSecond: boolean;
}

/** Bounds of a waiting room. */
export interface WaitingLimits {
  /** Messages that may wait for one shard, and for all shards of a kind. */
  readonly maxPerShard: number;
  readonly maxInAll: number;
  /** Longest wait, ms. */
  readonly waitMs: number;
}

interface Waiting {
  readonly letter: EntityLetter;
  readonly untilMs: number;
}

/** Waiting messages of one kind by shard. */
export class WaitingRoom {
  private readonly limits: WaitingLimits;
  private readonly clock: Clock;
  private readonly byShard = new Map<number, Waiting[]>();
  private readonly onExpired: (letter: EntityLetter) => void;
  private count = 0;
  private timer: TimerHandle | undefined;

  constructor(clock: Clock, limits: WaitingLimits, onExpired: (letter: EntityLetter) => void) {
    this.clock = clock;
    this.limits = limits;
    this.onExpired = onExpired;
  }

  /** Whether something waits for a shard: whoever comes now has to stand behind it. */
  has(shard: number): boolean {
    return this.byShard.has(shard);
  }

  get size(): number {
    return this.count;
  }

  /** Lets a message wait; false when there is no room. */
  put(letter: EntityLetter): boolean {
    const { shard } = letter.ref;
    const line = this.byShard.get(shard) ?? [];
    const { maxPerShard, maxInAll, waitMs } = this.limits;
    if (line.length >= maxPerShard || this.count >= maxInAll) return false;
    line.push({ letter, untilMs: this.clock.monotonicMs() + waitMs });
    this.byShard.set(shard, line);
    this.count += 1;
    this.timer ??= this.clock.setTimer(waitMs, () => this.expire());
    return true;
  }

  /** The message that waits longest for a shard. */
  first(shard: number): EntityLetter | undefined {
    return this.byShard.get(shard)?.[0]?.letter;
  }

  /** Takes the first one out. */
  shift(shard: number): void {
    const line = this.byShard.get(shard)!;
    line.shift();
    this.count -= 1;
    if (line.length === 0) this.byShard.delete(shard);
  }

  /** Takes everything. */
  close(): EntityLetter[] {
    this.timer?.cancel();
    const all = [...this.byShard.values()].flatMap((line) => line.map(({ letter }) => letter));
    this.byShard.clear();
    this.count = 0;
    return all;
  }

  private expire(): void {
    const nowMs = this.clock.monotonicMs();
    let nextMs = Infinity;
    const over: EntityLetter[] = [];
    for (const [shard, line] of this.byShard) {
      // All wait equally long, so those that are due stand first.
      let due = 0;
      while (due < line.length && line[due]!.untilMs <= nowMs) due += 1;
      over.push(...line.splice(0, due).map(({ letter }) => letter));
      if (line.length === 0) this.byShard.delete(shard);
      else nextMs = Math.min(nextMs, line[0]!.untilMs);
    }
    this.count -= over.length;
    this.timer = nextMs === Infinity ? undefined : this.clock.setTimer(nextMs - nowMs, () => this.expire());
    for (const letter of over) this.onExpired(letter);
  }
}
