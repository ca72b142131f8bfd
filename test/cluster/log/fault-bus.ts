/** A network between nodes with delays, losses, duplicates, reordering and cuts. */
import { WitanError } from '../../../contracts/errors.ts';
import type { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import type { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { BusMessage, BusPort, Subscription } from '../../../runtime/kernel/ports/bus.ts';
import { matchesSubject } from '../../../runtime/store/memory/subject-match.ts';
import type { HostGate } from './host-gate.ts';

/** How bad the network is. */
export interface NetTroubles {
  /** Chance that a message is lost, and that it comes twice. */
  loss: number;
  duplicate: number;
  /** Delay of a message, ms: at least, and by chance more; messages may overtake each other when `reorder`. */
  minMs: number;
  jitterMs: number;
  reorder: boolean;
}

interface Station {
  readonly name: string;
  readonly gate: HostGate;
  readonly handlers: Map<string, (message: BusMessage) => void>;
}

/** The network; one port per run of a node. */
export class FaultNet {
  readonly troubles: NetTroubles = { loss: 0, duplicate: 0, minMs: 0.2, jitterMs: 0.6, reorder: false };
  readonly #clock: SimClock;
  readonly #random: SeededRandom;
  readonly #stations = new Set<Station>();
  readonly #cuts = new Set<string>();
  readonly #lastMs = new Map<string, number>();
  /** Sees each message that is delivered; false: it is lost. For tests of single messages. */
  filter: ((from: string, to: string, message: BusMessage) => boolean) | undefined;
  #inboxes = 0;

  constructor(clock: SimClock, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Cuts or joins the way between two nodes. */
  cut(one: string, other: string, isCut = true): void {
    const name = [one, other].sort().join(' ');
    if (isCut) this.#cuts.add(name);
    else this.#cuts.delete(name);
  }

  /** Joins everything. */
  heal(): void {
    this.#cuts.clear();
    Object.assign(this.troubles, { loss: 0, duplicate: 0, reorder: false });
  }

  /** Port of one run of a node. */
  port(name: string, gate: HostGate): BusPort {
    const station: Station = { name, gate, handlers: new Map() };
    this.#stations.add(station);
    return {
      publish: (subject, data) =>
        this.#send(station, { subject, data: data.slice(), headers: {}, replyTo: undefined }),
      subscribe: async (subject, handler): Promise<Subscription> => {
        station.handlers.set(subject, handler);
        return { unsubscribe: async () => void station.handlers.delete(subject) };
      },
      request: (subject, data, { timeoutMs }) =>
        this.#request(station, subject, { data: data.slice(), timeoutMs }),
      flush: async () => undefined,
      close: async () => void this.#stations.delete(station),
    };
  }

  #request(
    from: Station,
    subject: string,
    ask: { data: Uint8Array; timeoutMs: number },
  ): Promise<BusMessage> {
    const replyTo = `_INBOX.${from.name}.${(this.#inboxes += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = from.gate.clock.setTimer(ask.timeoutMs, () => {
        from.handlers.delete(replyTo);
        reject(new WitanError('deadline_exceeded', `no answer on ${subject}`));
      });
      from.handlers.set(replyTo, (message) => {
        from.handlers.delete(replyTo);
        timer.cancel();
        resolve(message);
      });
      if (!this.#isHeard(subject)) {
        from.handlers.delete(replyTo);
        timer.cancel();
        return reject(new WitanError('unavailable', `nobody answers on ${subject}`));
      }
      this.#send(from, { subject, data: ask.data, headers: {}, replyTo });
    });
  }

  #isHeard(subject: string): boolean {
    return [...this.#stations].some((station) => !station.gate.isDead && handlerOf(station, subject));
  }

  #send(from: Station, message: BusMessage): void {
    for (const to of this.#stations) {
      if (to.gate.isDead || !handlerOf(to, message.subject)) continue;
      if (this.#random.next() < this.troubles.loss) continue;
      const times = this.#random.next() < this.troubles.duplicate ? 2 : 1;
      for (let time = 0; time < times; time += 1) this.#deliver(from, to, message);
    }
  }

  #deliver(from: Station, to: Station, message: BusMessage): void {
    const { minMs, jitterMs, reorder } = this.troubles;
    const way = `${from.name} ${to.name}`;
    let dueMs = this.#clock.monotonicMs() + minMs + jitterMs * this.#random.next();
    if (!reorder) dueMs = Math.max(dueMs, this.#lastMs.get(way) ?? 0);
    this.#lastMs.set(way, dueMs);
    this.#clock.setTimer(dueMs - this.#clock.monotonicMs(), () => {
      const isCut = this.#cuts.has([from.name, to.name].sort().join(' '));
      if (isCut || this.filter?.(from.name, to.name, message) === false) return;
      to.gate.run(() => handlerOf(to, message.subject)?.(message));
    });
  }
}

/** Who takes what is sent on a subject; `*` stands for one token. */
function handlerOf({ handlers }: Station, subject: string): ((message: BusMessage) => void) | undefined {
  const exact = handlers.get(subject);
  if (exact) return exact;
  const tokens = subject.split('.');
  for (const [pattern, handler] of handlers) if (matchesSubject(pattern.split('.'), tokens)) return handler;
  return undefined;
}
