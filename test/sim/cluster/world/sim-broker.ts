/** The bus as each node of a simulated cluster reaches it: links that are late, lossy, cut, or one-way. */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type { BusMessage, BusPort, Subscription } from '../../../../runtime/kernel/ports/bus.ts';
import type { SeededRandom, SimClock, TimerHandle } from '../../../../runtime/kernel/index.ts';
import { MemoryBus } from '../../../../runtime/store/memory/memory-bus.ts';
import { PortLife } from '../../../../runtime/store/port-life.ts';
import type { NodeClock } from '../../../cluster/leases/node-clock.ts';

type Headers = Readonly<Record<string, string>>;
type Handler = (message: BusMessage) => void;

/** How bad the links are; shares in [0, 1]. */
export interface LinkTroubles {
  loss: number;
  duplicate: number;
  minMs: number;
  jitterMs: number;
  /** Messages of one link may overtake each other. */
  reorder: boolean;
}

/** Links on a good day. */
export const GOOD_LINKS: LinkTroubles = { loss: 0, duplicate: 0, minMs: 0.2, jitterMs: 0.6, reorder: false };
/** No network at all: messages are there at once. */
export const NO_LINKS: LinkTroubles = { loss: 0, duplicate: 0, minMs: 0, jitterMs: 0, reorder: false };

/** What became of messages; each receiver's copy counts. */
export interface LinkCounts {
  published: number;
  /** Copies that were to reach somebody, twins included. */
  copies: number;
  twins: number;
  delivered: number;
  dropped: number;
  /** On their way now. */
  inFlight: number;
}

/** Header that names the node which published. */
const FROM = 'sim-from';
const BROKER = '*';

/** The broker with the links to it. */
export class SimBroker {
  readonly troubles: LinkTroubles = { ...GOOD_LINKS };
  /** The broker itself, without faults. */
  readonly inner: MemoryBus;
  /** Nothing passes: the servers are away. */
  isAway = false;
  /** Nodes whose publishes do not arrive, and nodes that get nothing. */
  readonly mute = new Set<string>();
  readonly deaf = new Set<string>();
  readonly counts: LinkCounts = {
    published: 0,
    copies: 0,
    twins: 0,
    delivered: 0,
    dropped: 0,
    inFlight: 0,
  };
  readonly errors: unknown[];
  readonly #sim: SimClock;
  readonly #random: SeededRandom;
  /** Directed: `a b` is the way from a to b. */
  readonly #cuts = new Map<string, number>();
  readonly #lastMs = new Map<string, number>();

  constructor(sim: SimClock, random: SeededRandom, errors: unknown[] = []) {
    this.#sim = sim;
    this.#random = random;
    this.errors = errors;
    this.inner = new MemoryBus({ clock: sim, onError: (error) => errors.push(error) });
  }

  /** Cuts the way from one node to another until what it gives is called; the way back is another one. */
  cut(from: string, to: string): () => void {
    const way = `${from} ${to}`;
    this.#cuts.set(way, (this.#cuts.get(way) ?? 0) + 1);
    return () => void this.#cuts.set(way, Math.max(0, (this.#cuts.get(way) ?? 0) - 1));
  }

  /** Joins everything. */
  heal(): void {
    this.isAway = false;
    this.mute.clear();
    this.deaf.clear();
    this.#cuts.clear();
    Object.assign(this.troubles, GOOD_LINKS);
  }

  /** Connection of one process. */
  port(node: string, clock: NodeClock): SimBus {
    return new SimBus(this, node, clock);
  }

  /** Whether what a node publishes gets to the broker. */
  isHeard(node: string): boolean {
    return !this.isAway && !this.mute.has(node);
  }

  /** Takes one copy to a receiver, or loses it. */
  carry(from: string, to: { readonly node: string; readonly clock: NodeClock }, deliver: () => void): void {
    const { loss, duplicate } = this.troubles;
    this.counts.copies += 1;
    if (loss > 0 && this.#random.next() < loss) return void (this.counts.dropped += 1);
    const isTwin = duplicate > 0 && this.#random.next() < duplicate;
    this.#carryOne(from, to, deliver);
    if (!isTwin) return;
    this.counts.copies += 1;
    this.counts.twins += 1;
    this.#carryOne(from, to, deliver);
  }

  #carryOne(
    from: string,
    to: { readonly node: string; readonly clock: NodeClock },
    deliver: () => void,
  ): void {
    const { minMs, jitterMs, reorder } = this.troubles;
    const way = `${from} ${to.node}`;
    const arrive = (): void => {
      const isLost = this.isAway || this.deaf.has(to.node) || (this.#cuts.get(way) ?? 0) > 0;
      if (isLost || to.clock.isDead) return void (this.counts.dropped += 1);
      this.counts.delivered += 1;
      to.clock.whenAwake(deliver);
    };
    const nowMs = this.#sim.monotonicMs();
    const delayMs = minMs + jitterMs * (jitterMs > 0 ? this.#random.next() : 0);
    if (delayMs === 0) return arrive();
    const dueMs = reorder ? nowMs + delayMs : Math.max(nowMs + delayMs, this.#lastMs.get(way) ?? 0);
    this.#lastMs.set(way, dueMs);
    this.counts.inFlight += 1;
    this.#sim.setTimer(dueMs - nowMs, () => {
      this.counts.inFlight -= 1;
      arrive();
    });
  }
}

/** {@link BusPort} of one process over its links. */
export class SimBus implements BusPort {
  /** Told of each publish that was taken, also of those that get lost. */
  onPublish: ((subject: string, data: Uint8Array) => void) | undefined;
  readonly #broker: SimBroker;
  readonly #node: string;
  readonly #clock: NodeClock;
  readonly #life = new PortLife('bus');
  readonly #subscriptions = new Set<Subscription>();
  readonly #open = new Set<(error: WitanError) => void>();

  constructor(broker: SimBroker, node: string, clock: NodeClock) {
    this.#broker = broker;
    this.#node = node;
    this.#clock = clock;
  }

  publish(subject: string, data: Uint8Array, headers: Headers = {}): void {
    this.#life.assertOpen();
    this.onPublish?.(subject, data);
    this.#broker.counts.published += 1;
    if (!this.#broker.isHeard(this.#node)) return void (this.#broker.counts.dropped += 1);
    this.#broker.inner.publish(subject, data, { ...headers, [FROM]: this.#node });
  }

  isHeard(subject?: string): boolean {
    return this.#broker.inner.isHeard(subject);
  }

  async subscribe(
    subject: string,
    handler: Handler,
    options: { queue?: string } = {},
  ): Promise<Subscription> {
    this.#life.assertOpen();
    let isOpen = true;
    const taken = (message: BusMessage): void => {
      if (!isOpen) return;
      try {
        handler(message);
      } catch (error) {
        this.#broker.errors.push(error);
      }
    };
    const inner = await this.#broker.inner.subscribe(
      subject,
      (message) => {
        const { [FROM]: from = BROKER, ...headers } = message.headers;
        this.#broker.carry(from, this.#end(), () => taken({ ...message, headers }));
      },
      options,
    );
    const subscription: Subscription = {
      unsubscribe: () => {
        isOpen = false;
        this.#subscriptions.delete(subscription);
        return inner.unsubscribe();
      },
    };
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async request(
    subject: string,
    data: Uint8Array,
    options: { timeoutMs: number; signal?: AbortSignal; headers?: Headers },
  ): Promise<BusMessage> {
    this.#life.assertOpen();
    const { timeoutMs, signal, headers = {} } = options;
    if (signal?.aborted) throw cancelled(signal);
    const late = (): WitanError =>
      new WitanError('deadline_exceeded', `no answer on ${subject} within ${timeoutMs} ms`);
    const given = new AbortController();
    const inner = this.#broker.isHeard(this.#node)
      ? this.#broker.inner.request(subject, data, {
          timeoutMs: 2 * timeoutMs,
          headers: { ...headers, [FROM]: this.#node },
          signal: given.signal,
        })
      : new Promise<BusMessage>(() => {});
    return new Promise((resolve, reject) => {
      const end = (how: () => void): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#open.delete(fail);
        given.abort();
        how();
      };
      const fail = (error: WitanError): void => end(() => reject(error));
      const onAbort = (): void => fail(cancelled(signal!));
      const timer: TimerHandle = this.#clock.setTimer(timeoutMs, () => fail(late()));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#open.add(fail);
      const carry = (from: string, how: () => void): void =>
        this.#broker.carry(from, this.#end(), () => {
          if (this.#open.has(fail)) end(how);
        });
      inner.then(
        ({ headers: { [FROM]: from = BROKER, ...rest }, ...message }) =>
          carry(from, () => resolve({ ...message, headers: rest })),
        (error: unknown) => carry(BROKER, () => reject(error)),
      );
    });
  }

  async flush(): Promise<void> {
    this.#life.assertOpen();
    await this.#broker.inner.flush();
  }

  async close(): Promise<void> {
    if (!this.#life.close()) return;
    this.drop();
    for (const fail of [...this.#open]) fail(new WitanError('unavailable', 'the bus is closed'));
  }

  /** The connection is gone, as when its process ends: the broker sends nothing there any more. */
  drop(): void {
    for (const subscription of [...this.#subscriptions]) void subscription.unsubscribe();
  }

  #end(): { readonly node: string; readonly clock: NodeClock } {
    return { node: this.#node, clock: this.#clock };
  }
}

function cancelled(signal: AbortSignal): WitanError {
  if (signal.reason instanceof WitanError) return signal.reason;
  return new WitanError('cancelled', 'the caller gave the request up', {}, toWitanError(signal.reason));
}
