/** The network between sessions and seats: delivers late, twice, in another order, or not at all. */
import type { BallotReply, BallotRequest, SeatMessage } from '../../../contracts/messages/council.ts';
import type { SeatRef } from '../../../council/deliberation/deliberation-options.ts';
import { spawnStateless } from '../../../runtime/kernel/index.ts';
import type {
  ActorRef,
  ActorSystem,
  AnyRef,
  Clock,
  SeededRandom,
  StopReason,
  WatchableRef,
} from '../../../runtime/kernel/index.ts';
import type { NetworkWeather } from '../scenario/scenario.ts';
import type { FaultCounter } from '../faults/fault-counter.ts';
import type { MessageCounts } from './history.ts';
import type { Trace } from './trace.ts';

/** What a seat is told. */
export type SeatQuestionMessage = SeatMessage<ActorRef<BallotReply>>;

type Asked = BallotRequest & { readonly replyTo: ActorRef<BallotReply> };

/** What one network is made of. */
export interface NetworkParts {
  readonly system: ActorSystem;
  readonly clock: Clock;
  readonly chance: SeededRandom;
  readonly weather: () => NetworkWeather;
  readonly counts: MessageCounts;
  readonly faults: FaultCounter;
  readonly trace: Trace;
  /** Sees each question as it goes out, and may change it. */
  readonly onQuestion: (seat: string, message: Asked) => Asked;
  /** Whether what this seat is asked about this decision never arrives. */
  readonly isLost: (seat: string, message: Asked) => boolean;
  /** True: the network loses the message and tells nobody. */
  readonly swallows: () => boolean;
}

interface Watch {
  readonly ref: AnyRef;
  readonly onEnd: (reason: StopReason) => void;
}

/** Network of one incarnation of a node. */
export class SimNetwork {
  readonly #parts: NetworkParts;
  readonly #lines = new WeakMap<SeatRef, SeatRef>();
  readonly #watcher: ActorRef<Watch>;
  readonly #watches = new Set<Watch>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    this.#watcher = spawnStateless<Watch>(
      parts.system,
      (watch, ctx) => {
        this.#watches.add(watch);
        ctx.watch(watch.ref);
      },
      'network',
      {
        onSignal: (_state, signal) => {
          if (signal.kind === 'terminated') this.#ended(signal.ref, signal.reason);
          return undefined;
        },
      },
    );
  }

  /** The seat as a session reaches it. */
  line(seat: SeatRef): SeatRef {
    const known = this.#lines.get(seat);
    if (known) return known;
    const line = new SeatLine(this, seat, this.#parts.weather().isRemote ? 'far' : seat.node);
    this.#lines.set(seat, line);
    return line;
  }

  /** Sends a question. */
  ask(seat: SeatRef, message: SeatQuestionMessage): void {
    const { onQuestion, isLost, counts } = this.#parts;
    const toSeat = (one: SeatQuestionMessage) => (): void => {
      counts.toSeats += 1;
      seat.tell(one);
    };
    if (message.type === 'session-closed') {
      return this.#send(`closed ${seat.name} ${message.decisionId}`, 'request', toSeat(message));
    }
    const { replyTo } = message;
    const asked = onQuestion(seat.name, message);
    if (isLost(seat.name, asked)) return this.#drop('request');
    const node = this.#parts.weather().isRemote ? 'far' : replyTo.node;
    const back: ActorRef<BallotReply> = {
      path: replyTo.path,
      name: replyTo.name,
      node,
      tell: (reply) =>
        this.#send(`${reply.type} ${reply.seat} ${reply.decisionId}`, 'ballot', () => replyTo.tell(reply)),
    };
    const label = `ask ${seat.name} ${asked.round} ${asked.decision.decisionId}`;
    this.#send(label, 'request', toSeat({ ...asked, replyTo: back }));
  }

  /** Tells when the actor behind a line ends. */
  watchEnd(seat: SeatRef, onEnd: (reason: StopReason) => void): () => void {
    const watch: Watch = { ref: seat, onEnd };
    this.#watcher.tell(watch);
    return () => void this.#watches.delete(watch);
  }

  #ended(ref: AnyRef, reason: StopReason): void {
    for (const watch of this.#watches) {
      if (watch.ref !== ref) continue;
      this.#watches.delete(watch);
      watch.onEnd(reason);
    }
  }

  #drop(what: 'request' | 'ballot'): void {
    this.#parts.counts.sent += 1;
    this.#parts.counts.dropped += 1;
    this.#parts.faults.add(`${what}-dropped`);
  }

  #send(label: string, what: 'request' | 'ballot', deliver: () => void): void {
    const { chance, weather, faults, counts, trace, swallows } = this.#parts;
    const { dropShare, duplicateShare, delayShare, delayMaxMs } = weather();
    const fate = { drop: chance.next(), copy: chance.next(), delay: chance.next() };
    if (fate.drop < dropShare) {
      trace.note('dropped', label);
      return this.#drop(what);
    }
    counts.sent += 1;
    if (swallows()) return;
    const isCopied = fate.copy < duplicateShare;
    if (isCopied) {
      counts.copied += 1;
      faults.add(`${what}-duplicated`);
    }
    for (let copy = 0; copy < (isCopied ? 2 : 1); copy += 1) {
      const delayMs = fate.delay < delayShare || copy > 0 ? chance.next() * delayMaxMs : 0;
      this.#deliverAfter(delayMs, what, () => {
        trace.note('delivered', label);
        deliver();
      });
    }
  }

  #sentOrder = 0;
  #deliveredOrder = 0;

  #deliverAfter(delayMs: number, what: 'request' | 'ballot', deliver: () => void): void {
    const { counts, faults, clock } = this.#parts;
    const order = (this.#sentOrder += 1);
    const arrive = (): void => {
      if (order < this.#deliveredOrder) faults.add(`${what}-reordered`);
      this.#deliveredOrder = Math.max(this.#deliveredOrder, order);
      counts.delivered += 1;
      deliver();
    };
    if (delayMs === 0) return arrive();
    faults.add(`${what}-delayed`);
    counts.inFlight += 1;
    clock.setTimer(delayMs, () => {
      counts.inFlight -= 1;
      arrive();
    });
  }
}

/** A seat behind the network. */
class SeatLine implements WatchableRef, ActorRef<SeatQuestionMessage> {
  readonly path: string;
  readonly name: string;
  readonly node: string;
  readonly #network: SimNetwork;
  readonly #seat: SeatRef;

  constructor(network: SimNetwork, seat: SeatRef, node: string) {
    this.#network = network;
    this.#seat = seat;
    this.path = seat.path;
    this.name = seat.name;
    this.node = node;
  }

  tell(message: SeatQuestionMessage): void {
    this.#network.ask(this.#seat, message);
  }

  watchEnd(onEnd: (reason: StopReason) => void): () => void {
    return this.#network.watchEnd(this.#seat, onEnd);
  }
}
