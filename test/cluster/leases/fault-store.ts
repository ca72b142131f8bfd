/** A key-value store that behaves as badly as the port allows: late, lost, stale, away, with watches that break. */
import { WitanError } from '../../../contracts/errors.ts';
import type { SeededRandom, SimClock } from '../../../runtime/kernel/index.ts';
import type { KvChange, KvEntry, KvPort } from '../../../runtime/kernel/ports/kv.ts';
import { MemoryKv } from '../../../runtime/store/memory/memory-kv.ts';
import type { NodeClock } from './node-clock.ts';

/** What goes wrong; shares in [0, 1]. */
export interface StoreFaults {
  readonly latencyMs: readonly [min: number, max: number];
  /** A request that never arrives. */
  readonly lostRequests: number;
  /** One that arrives and is done, and whose answer never comes. */
  readonly lostAnswers: number;
  /** One that arrives up to `lateMs` later, also after its sender gave it up. */
  readonly lateRequests: number;
  readonly lateMs: number;
  /** A read that shows an earlier state. */
  readonly staleReads: number;
  /** Mean life of a watch. */
  readonly watchLifeMs: number;
  /** A change that a watch tells again later. */
  readonly repeatedChanges: number;
  /** Time after which a client gives up. */
  readonly timeoutMs: number;
}

/** A store on a good day. */
export const CALM: StoreFaults = {
  latencyMs: [0.5, 5],
  lostRequests: 0,
  lostAnswers: 0,
  lateRequests: 0,
  lateMs: 0,
  staleReads: 0,
  watchLifeMs: Infinity,
  repeatedChanges: 0,
  timeoutMs: 2_000,
};

/** A store on a bad one. */
export const ROUGH: StoreFaults = {
  latencyMs: [0.5, 60],
  lostRequests: 0.02,
  lostAnswers: 0.04,
  lateRequests: 0.03,
  lateMs: 4_000,
  staleReads: 0.2,
  watchLifeMs: 6_000,
  repeatedChanges: 0.05,
  timeoutMs: 1_500,
};

const HISTORY_LENGTH = 4;

/** One store, seen by each node through a port of its own. */
export class FaultStore {
  faults: StoreFaults;
  isAway = false;
  /** Nodes that are cut off. */
  readonly cut = new Set<NodeClock>();
  /** Nodes that reach the store, and hear nothing of it. */
  readonly deaf = new Set<NodeClock>();
  /** Nodes whose requests do not arrive, and which go on to hear of changes. */
  readonly mute = new Set<NodeClock>();
  /** The store itself, without faults. */
  readonly inner = new MemoryKv();
  /** Writes that were carried out. */
  writeCount = 0;
  /** Writes that were asked for, by key. */
  readonly attempts = new Map<string, number>();
  readonly #sim: SimClock;
  readonly #random: SeededRandom;
  readonly #history = new Map<string, (KvEntry | undefined)[]>();

  constructor(sim: SimClock, random: SeededRandom, faults: StoreFaults = CALM) {
    this.#sim = sim;
    this.#random = random;
    this.faults = faults;
  }

  /** The store as a node with that clock reaches it. */
  port(clock: NodeClock): KvPort {
    const write = <T>(key: string, work: () => Promise<T>): Promise<T> => {
      this.attempts.set(key, (this.attempts.get(key) ?? 0) + 1);
      return this.call(clock, async () => {
        const before = await this.inner.get(key);
        const result = await work();
        this.writeCount += 1;
        const past = this.#history.get(key) ?? [];
        this.#history.set(key, [...past, before].slice(-HISTORY_LENGTH));
        return result;
      });
    };
    return {
      get: (key) => this.call(clock, () => this.#read(key)),
      create: (key, value) => write(key, () => this.inner.create(key, value)),
      update: (key, value, revision) => write(key, () => this.inner.update(key, value, revision)),
      put: (key, value) => write(key, () => this.inner.put(key, value)),
      delete: (key, revision) => write(key, () => this.inner.delete(key, revision)),
      keys: (prefix) => this.call(clock, () => this.inner.keys(prefix)),
      watch: (prefix, signal) => this.#watch(clock, prefix, signal),
      close: async () => {},
    };
  }

  #read(key: string): Promise<KvEntry | undefined> {
    const past = this.#history.get(key);
    if (past === undefined || !this.#happens(this.faults.staleReads)) return this.inner.get(key);
    return Promise.resolve(past[this.#random.below(past.length)]);
  }

  #happens(share: number): boolean {
    return share > 0 && this.#random.next() < share;
  }

  #latencyMs(): number {
    const [min, max] = this.faults.latencyMs;
    return min + (max - min) * this.#random.next();
  }

  #isReached(clock: NodeClock): boolean {
    return !this.isAway && !this.cut.has(clock);
  }

  /** Something that is done where the store is, asked for by a node: late, lost, or done and not answered. */
  call<T>(clock: NodeClock, work: () => Promise<T>): Promise<T> {
    const { faults } = this;
    return new Promise((resolve, reject) => {
      let isSettled = false;
      const settle = (how: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        timer.cancel();
        clock.whenAwake(how);
      };
      const answer = (how: () => void): void => {
        if (this.#happens(faults.lostAnswers)) return;
        this.#sim.setTimer(this.#latencyMs(), () => {
          if (!this.#isUnheard(clock)) settle(how);
        });
      };
      const timer = this.#sim.setTimer(faults.timeoutMs, () => settle(() => reject(away())));
      if (this.mute.has(clock) || this.#happens(faults.lostRequests)) return;
      const lateMs = this.#happens(faults.lateRequests) ? this.#random.next() * faults.lateMs : 0;
      this.#sim.setTimer(this.#latencyMs() + lateMs, () => {
        if (!this.#isReached(clock)) {
          if (this.#happens(0.5)) answer(() => reject(away()));
          return;
        }
        work().then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
      });
    });
  }

  #isUnheard(clock: NodeClock): boolean {
    return this.cut.has(clock) || this.deaf.has(clock);
  }

  async *#watch(clock: NodeClock, prefix: string, signal: AbortSignal): AsyncIterable<KvChange> {
    if (!this.#isReached(clock) || this.deaf.has(clock)) throw away();
    const queue: KvChange[] = [];
    let failure: WitanError | undefined;
    let wake = (): void => {};
    const inner = new AbortController();
    const end = (): void => {
      inner.abort();
      clock.whenAwake(() => wake());
    };
    signal.addEventListener('abort', end, { once: true });
    const fail = (): void => {
      failure = away();
      end();
    };
    const lifeMs = -Math.log(1 - this.#random.next()) * this.faults.watchLifeMs;
    const life = this.#sim.setTimer(lifeMs, fail);
    const deliver = (change: KvChange): void => {
      if (inner.signal.aborted) return;
      if (this.#isUnheard(clock)) return fail();
      queue.push(change);
      clock.whenAwake(() => wake());
    };
    let isOver = false;
    this.#pump(prefix, { signal: inner.signal, deliver }).then(
      () => {
        isOver = true;
        wake();
      },
      (error: WitanError) => {
        failure = error;
        wake();
      },
    );
    try {
      for (;;) {
        if (signal.aborted || clock.isDead) return;
        const change = queue.shift();
        if (change !== undefined) yield change;
        else if (failure !== undefined) throw failure;
        else if (isOver && !inner.signal.aborted) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      life.cancel();
      signal.removeEventListener('abort', end);
      inner.abort();
    }
  }

  async #pump(
    prefix: string,
    { signal, deliver }: { signal: AbortSignal; deliver: (change: KvChange) => void },
  ): Promise<void> {
    let lastMs = 0;
    let before: KvChange | undefined;
    for await (const change of this.inner.watch(prefix, signal)) {
      const nowMs = this.#sim.monotonicMs();
      // In order, as the port says; only repetitions come late.
      lastMs = Math.max(lastMs, nowMs + this.#latencyMs());
      const again = before !== undefined && this.#happens(this.faults.repeatedChanges) ? before : undefined;
      this.#sim.setTimer(lastMs - nowMs, () => {
        deliver(change);
        if (again !== undefined) deliver(again);
      });
      before = change;
    }
  }
}

function away(): WitanError {
  return new WitanError('unavailable', 'the store does not answer');
}
