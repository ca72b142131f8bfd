/** The key-value store as one node reaches it: slow, cut off, with answers that get lost and reads that are old. */
import { WitanError } from '../../../contracts/errors.ts';
import type { KvChange, KvEntry, KvPort } from '../../../runtime/kernel/ports/kv.ts';
import type { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import type { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { HostGate } from './host-gate.ts';

/** How bad the way to the store is, for all nodes. */
export interface KvTroubles {
  /** Chance that a change is made and its answer lost, that it is lost itself, and that a read is an old one. */
  lostAnswer: number;
  lost: number;
  oldRead: number;
  delayMs: number;
}

const TIMEOUT_MS = 400;

/** The store of a cluster; one port per run of a node. */
export class FaultStore {
  readonly troubles: KvTroubles = { lostAnswer: 0, lost: 0, oldRead: 0, delayMs: 1 };
  /** Nodes that do not reach it. */
  readonly cut = new Set<string>();
  readonly #kv: KvPort;
  readonly #clock: SimClock;
  readonly #random: SeededRandom;
  readonly #earlier = new Map<string, KvEntry>();

  constructor(kv: KvPort, clock: SimClock, random: SeededRandom) {
    this.#kv = kv;
    this.#clock = clock;
    this.#random = random;
  }

  /** Port of one run of a node. */
  port(node: string, gate: HostGate): KvPort {
    const reach = <T>(work: () => Promise<T>, isChange: boolean): Promise<T> =>
      this.#reach(node, gate, { work, isChange });
    return {
      get: (key) => reach(() => this.#get(key), false),
      create: (key, value) => reach(() => this.#changed(key, this.#kv.create(key, value)), true),
      update: (key, value, revision) =>
        reach(() => this.#changed(key, this.#kv.update(key, value, revision)), true),
      put: (key, value) => reach(() => this.#changed(key, this.#kv.put(key, value)), true),
      delete: (key, revision) => reach(() => this.#kv.delete(key, revision), true),
      keys: (prefix) => reach(() => this.#kv.keys(prefix), false),
      watch: (prefix, signal) => this.#watch(node, gate, { prefix, signal }),
      close: async () => undefined,
    };
  }

  async #reach<T>(
    node: string,
    gate: HostGate,
    { work, isChange }: { work: () => Promise<T>; isChange: boolean },
  ): Promise<T> {
    await this.#wait(this.troubles.delayMs * (0.5 + this.#random.next()));
    const isLost = this.cut.has(node) || (isChange && this.#random.next() < this.troubles.lost);
    const isAnswerLost = isChange && this.#random.next() < this.troubles.lostAnswer;
    const done =
      isLost || gate.isDead
        ? undefined
        : work().then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          );
    const answer = isLost || isAnswerLost ? undefined : await done;
    await this.#wait(answer === undefined ? TIMEOUT_MS : this.troubles.delayMs * 0.5);
    await gate.pass();
    if (answer === undefined || this.cut.has(node))
      throw new WitanError('unavailable', 'the store does not answer');
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  async #get(key: string): Promise<KvEntry | undefined> {
    const earlier = this.#earlier.get(key);
    return earlier && this.#random.next() < this.troubles.oldRead ? earlier : this.#kv.get(key);
  }

  async #changed(key: string, change: Promise<number>): Promise<number> {
    const before = await this.#kv.get(key);
    const revision = await change;
    if (before && before.revision < revision) this.#earlier.set(key, before);
    return revision;
  }

  async *#watch(
    node: string,
    gate: HostGate,
    { prefix, signal }: { prefix: string; signal: AbortSignal },
  ): AsyncIterable<KvChange> {
    for await (const change of this.#kv.watch(prefix, signal)) {
      await this.#wait(this.troubles.delayMs);
      while (this.cut.has(node) && !gate.isDead) await this.#wait(50);
      await gate.pass();
      yield change;
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimer(ms, resolve));
  }
}
