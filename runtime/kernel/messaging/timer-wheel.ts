/** Deadlines of asks: a two-level hashed wheel with one timer of the clock, however many asks are open. */
import type { Clock, TimerHandle } from '../clock.ts';
import type { ReplyRef } from './reply-ref.ts';

const SLOT_COUNT = 1_024;
const SLOT_MASK = SLOT_COUNT - 1;
// A timer that outlives its asks keeps the process up; it looks again at least this often.
const MAX_ARM_TICKS = 1_024;

/**
 * Wheel of 1 ms ticks; an ask fails at its deadline or up to one tick later, never before it.
 *
 * Add and remove are O(1); asks that are due in more than a second wait on the coarse level and are moved
 * once. A new ask only joins the fresh ones: most are answered within the drain that takes them, and reading
 * the clock would cost as much as the rest. The dispatcher stamps what is left at the end of its drain.
 *
 * @source Varghese & Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 7.
 */
export class TimerWheel {
  private readonly clock: Clock;
  private readonly startMs: number;
  private readonly fine = emptySlots();
  private readonly coarse = emptySlots();
  /** Every tick up to this one has been handled. */
  private tick = 0;
  private armedTick = Infinity;
  private timer: TimerHandle | undefined;
  /** Asks that have a deadline. */
  private count = 0;
  /** New asks, newest first; settled ones among them are dropped by the next stamp. */
  private fresh: ReplyRef | undefined = undefined;

  constructor(clock: Clock) {
    this.clock = clock;
    this.startMs = clock.monotonicMs();
  }

  /** Notes a new ask with its `timeoutMs`. True when {@link stamp} must be called soon. */
  add(ask: ReplyRef): boolean {
    const first = this.fresh;
    ask.nextDue = first;
    this.fresh = ask;
    return first === undefined;
  }

  /** Gives the fresh asks that are still open their deadlines, counted from now. */
  stamp(): void {
    let ask = this.fresh;
    if (ask === undefined) return;
    this.fresh = undefined;
    let nowMs = -1;
    let soonest = Infinity;
    while (ask !== undefined) {
      const next: ReplyRef | undefined = ask.nextDue;
      ask.nextDue = undefined;
      if (!ask.settled) {
        if (nowMs < 0) nowMs = this.clock.monotonicMs() - this.startMs;
        // Nothing waits, so the ticks since the last ask need no visit.
        if (this.count === 0) this.tick = Math.floor(nowMs);
        this.count += 1;
        ask.dueTick = Math.max(this.tick + 1, Math.ceil(nowMs + ask.timeoutMs));
        if (ask.dueTick < soonest) soonest = ask.dueTick;
        this.link(ask);
      }
      ask = next;
    }
    if (soonest < this.armedTick) this.arm();
  }

  /** Takes an ask off the wheel; it must have a `dueTick`. */
  remove(ask: ReplyRef): void {
    const { nextDue, previousDue } = ask;
    this.count -= 1;
    if (previousDue !== undefined) previousDue.nextDue = nextDue;
    else {
      const level = this.fine[ask.dueTick & SLOT_MASK] === ask ? this.fine : this.coarse;
      level[level === this.fine ? ask.dueTick & SLOT_MASK : groupOf(ask.dueTick) & SLOT_MASK] = nextDue;
    }
    if (nextDue !== undefined) nextDue.previousDue = previousDue;
    ask.nextDue = undefined;
    ask.previousDue = undefined;
    ask.dueTick = -1;
  }

  /** Milliseconds until an open ask is due; all of its time while it is fresh. */
  remainingMs(ask: ReplyRef): number {
    if (ask.dueTick < 0) return ask.timeoutMs;
    return Math.max(0, this.startMs + ask.dueTick - this.clock.monotonicMs());
  }

  /** Cancels the timer; asks that are still on the wheel are the caller's to fail. */
  close(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.armedTick = Infinity;
  }

  private link(ask: ReplyRef): void {
    const far = ask.dueTick - this.tick >= SLOT_COUNT;
    const level = far ? this.coarse : this.fine;
    const slot = (far ? groupOf(ask.dueTick) : ask.dueTick) & SLOT_MASK;
    const first = level[slot];
    ask.nextDue = first;
    if (first !== undefined) first.previousDue = ask;
    level[slot] = ask;
  }

  private arm(): void {
    this.timer?.cancel();
    const nowMs = this.clock.monotonicMs() - this.startMs;
    const at = Math.min(this.nextVisit(), Math.ceil(nowMs) + MAX_ARM_TICKS);
    this.armedTick = at;
    const delayMs = at - nowMs;
    this.timer = this.clock.setTimer(Math.max(0, delayMs), () => this.fire());
  }

  /** Next tick with something to do: an ask that is due, or the turn of a coarse slot that is not empty. */
  private nextVisit(): number {
    const group = groupOf(this.tick) + 1;
    const turn = group * SLOT_COUNT;
    for (let tick = this.tick + 1; tick < this.tick + SLOT_COUNT; tick += 1) {
      if (this.fine[tick & SLOT_MASK] !== undefined) return tick;
      if (tick === turn && this.coarse[group & SLOT_MASK] !== undefined) return tick;
    }
    for (let ahead = 0; ahead < SLOT_COUNT; ahead += 1) {
      if (this.coarse[(group + ahead) & SLOT_MASK] !== undefined) return turn + ahead * SLOT_COUNT;
    }
    return turn;
  }

  private fire(): void {
    this.timer = undefined;
    this.armedTick = Infinity;
    const nowTick = Math.floor(this.clock.monotonicMs() - this.startMs);
    while (this.tick < nowTick && this.count > 0) {
      const next = Math.min(this.nextVisit(), nowTick);
      this.tick = next;
      if (next % SLOT_COUNT === 0) this.spread(groupOf(next) & SLOT_MASK);
      this.expire(next);
    }
    if (this.count > 0) this.arm();
  }

  /** Moves the asks of one coarse slot to their fine slots; those of a later round stay. */
  private spread(slot: number): void {
    let ask = this.coarse[slot];
    this.coarse[slot] = undefined;
    while (ask !== undefined) {
      const next: ReplyRef | undefined = ask.nextDue;
      ask.nextDue = undefined;
      ask.previousDue = undefined;
      this.link(ask);
      ask = next;
    }
  }

  private expire(tick: number): void {
    let ask = this.fine[tick & SLOT_MASK];
    while (ask !== undefined) {
      const next: ReplyRef | undefined = ask.nextDue;
      if (ask.dueTick <= tick) ask.fail('deadline_exceeded', 'The ask had no answer before its deadline');
      ask = next;
    }
  }
}

function emptySlots(): (ReplyRef | undefined)[] {
  return new Array<ReplyRef | undefined>(SLOT_COUNT).fill(undefined);
}

function groupOf(tick: number): number {
  return Math.floor(tick / SLOT_COUNT);
}
