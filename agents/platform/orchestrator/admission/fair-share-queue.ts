/** Who waits for a credit, who may, and whose turn it is: fair between tenants. Pure: without a clock. */
import { LinkedQueue } from './linked-queue.ts';
import type { Link } from './linked-queue.ts';

/** Bounds and weights of one queue. */
export interface FairShareQueueOptions {
  /** Items that may wait, over all tenants. */
  readonly maxCount: number;
  /** Items of one tenant that may wait. */
  readonly tenantMaxCount: number;
  /** Weight of a tenant, integer ≥ 1; absent: all weigh the same. */
  readonly weightOf?: ((tenant: string) => number) | undefined;
}

/** An item that waits, with whose it is. */
export interface Place<T> {
  readonly tenant: string;
  readonly item: T;
}

/** What `push` gives and `remove` takes. */
export interface Ticket<T> {
  /** @internal */ readonly lane: Lane<T>;
  /** @internal */ readonly link: Link<Place<T>>;
}

/** One tenant that runs or waits. @internal */
interface Lane<T> {
  readonly tenant: string;
  readonly weight: number;
  readonly waiting: LinkedQueue<Place<T>>;
  runningCount: number;
  /** Its place among those that take turns; undefined while nothing of it waits. */
  turn: Link<Lane<T>> | undefined;
  /** Items that it may still take in this turn. */
  leftInTurn: number;
}

/**
 * Waiting items by tenant, served in turns; only a tenant below its fair share of what runs may wait.
 *
 * A tenant's share is `credits · weight ÷ weights of all tenants that run or wait`. It may wait while what
 * runs and what waits of it is less. So a tenant that floods is refused at once and stands in nobody's way;
 * a tenant that is alone never waits, because the credits that it finds taken are its own; and no line can
 * stand: all together they are at most as long as the credits and one item for each tenant. When a share
 * shrinks, what waits already keeps its turn.
 *
 * Where turns alone are wanted, without shares, there is `supervisors/fair-queue`.
 *
 * Turns are round robin by weight (deficit round robin where each item costs one): of two tenants that both
 * wait throughout, what they get, divided by their weights, differs by at most one. Within a tenant, first
 * in, first out. Every operation is O(1); a tenant that neither runs nor waits takes no memory.
 * @source Shreedhar & Varghese, "Efficient Fair Queuing Using Deficit Round-Robin", 1996
 */
export class FairShareQueue<T> {
  readonly #options: FairShareQueueOptions;
  readonly #lanes = new Map<string, Lane<T>>();
  /** Lanes that wait; the first has its turn. */
  readonly #turns = new LinkedQueue<Lane<T>>();
  #weight = 0;
  #count = 0;

  constructor(options: FairShareQueueOptions) {
    this.#options = options;
  }

  /** Items that wait. */
  get count(): number {
    return this.#count;
  }

  /** Tenants that run or wait. */
  get tenantCount(): number {
    return this.#lanes.size;
  }

  waitingOf(tenant: string): number {
    return this.#lanes.get(tenant)?.waiting.size ?? 0;
  }

  runningOf(tenant: string): number {
    return this.#lanes.get(tenant)?.runningCount ?? 0;
  }

  /** Credits that a tenant may hold against others who want them, also while it neither runs nor waits. */
  shareOf(tenant: string, creditCount: number): number {
    const lane = this.#lanes.get(tenant);
    const weight = lane?.weight ?? this.#weightOf(tenant);
    return (creditCount * weight) / (this.#weight + (lane ? 0 : weight));
  }

  /** Whether there is room, and the tenant's running and waiting items are fewer than its share. */
  mayWait(tenant: string, creditCount: number): boolean {
    const { maxCount, tenantMaxCount } = this.#options;
    const waitingCount = this.waitingOf(tenant);
    if (this.#count >= maxCount || waitingCount >= tenantMaxCount) return false;
    return this.runningOf(tenant) + waitingCount < this.shareOf(tenant, creditCount);
  }

  /** Puts an item behind those of its tenant; the caller asked {@link mayWait}. */
  push(tenant: string, item: T): Ticket<T> {
    const lane = this.#lane(tenant);
    const link = lane.waiting.push({ tenant, item });
    lane.turn ??= this.#turns.push(lane);
    this.#count += 1;
    return { lane, link };
  }

  /** Takes out the item whose turn it is; undefined when nothing waits. */
  take(): Place<T> | undefined {
    const lane = this.#turns.first;
    if (!lane) return undefined;
    if (lane.leftInTurn === 0) lane.leftInTurn = lane.weight;
    lane.leftInTurn -= 1;
    const place = lane.waiting.shift()!;
    const isTurnOver = lane.leftInTurn === 0;
    this.#left(lane);
    if (isTurnOver && lane.turn) {
      this.#turns.remove(lane.turn);
      lane.turn = this.#turns.push(lane);
    }
    return place;
  }

  /** Takes out an item that no longer waits; false when it is gone already. */
  remove({ lane, link }: Ticket<T>): boolean {
    if (!lane.waiting.remove(link)) return false;
    this.#left(lane);
    return true;
  }

  /** Something of the tenant runs from now on. */
  begin(tenant: string): void {
    this.#lane(tenant).runningCount += 1;
  }

  /** Something of the tenant has ended. */
  end(tenant: string): void {
    const lane = this.#lanes.get(tenant);
    if (!lane || lane.runningCount === 0) throw new TypeError(`nothing of ${tenant} runs`);
    lane.runningCount -= 1;
    this.#forgetIdle(lane);
  }

  #left(lane: Lane<T>): void {
    this.#count -= 1;
    if (lane.waiting.size > 0) return;
    this.#turns.remove(lane.turn!);
    lane.turn = undefined;
    lane.leftInTurn = 0;
    this.#forgetIdle(lane);
  }

  #lane(tenant: string): Lane<T> {
    const known = this.#lanes.get(tenant);
    if (known) return known;
    const weight = this.#weightOf(tenant);
    const waiting = new LinkedQueue<Place<T>>();
    const lane: Lane<T> = { tenant, weight, waiting, runningCount: 0, turn: undefined, leftInTurn: 0 };
    this.#lanes.set(tenant, lane);
    this.#weight += weight;
    return lane;
  }

  #forgetIdle(lane: Lane<T>): void {
    if (lane.runningCount > 0 || lane.waiting.size > 0) return;
    this.#lanes.delete(lane.tenant);
    this.#weight -= lane.weight;
  }

  #weightOf(tenant: string): number {
    const weight = this.#options.weightOf?.(tenant) ?? 1;
    if (!Number.isSafeInteger(weight) || weight < 1) throw new TypeError(`no weight: ${weight}`);
    return weight;
  }
}
