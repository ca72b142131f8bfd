/** Puts the parts of remoting together for one run of a node. */
import { CLUSTER_PROTOCOL, nodeSubject } from '../../contracts/cluster-names.ts';
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import type { ActorRef, ActorSystem } from '../../runtime/kernel/index.ts';
import type { BusPort, Subscription } from '../../runtime/kernel/ports/bus.ts';
import { Kernel } from '../../runtime/kernel/system.ts';
import type { Member, Members } from '../membership/members.ts';
import { AddressBook } from './address-book.ts';
import { ByteCodec } from './codec/byte-codec.ts';
import { Shaper } from './codec/shaper.ts';
import { newCounters } from './counters.ts';
import type { Counters, RemotingCounters } from './counters.ts';
import { Delivery } from './delivery.ts';
import { REMOTING_LIMITS } from './limits.ts';
import type { RemotingLimits } from './limits.ts';
import { Outlet } from './links/outlet.ts';
import { Routes } from './links/routes.ts';
import type { Versions } from './links/routes.ts';
import { OpenAsks } from './open-asks.ts';
import type { OwnerGate } from './owner-gate.ts';
import { Receiving } from './receiving.ts';
import { RemoteReply } from './remote-ref.ts';
import type { Remoting } from './remoting.ts';
import { Sending } from './sending.ts';
import { Watches } from './watches.ts';
import { refusal } from './wire/batch.ts';
import type { BatchSender } from './wire/batch.ts';
import { CANCEL, FRAME } from './wire/frames.ts';

/** Settings of remoting. */
export interface RemotingOptions {
  /** The node's system; its `node` is the name of the member. */
  readonly system: ActorSystem;
  readonly bus: BusPort;
  readonly members: Members;
  /** Name of the cluster, part of its subjects. */
  readonly cluster: string;
  /** Versions of the protocol that this node speaks (default: those of the program). */
  readonly versions?: Versions;
  readonly limits?: Partial<RemotingLimits>;
}

/** Remoting with what operators and other parts of the cluster need of it. */
export interface NodeRemoting extends Remoting {
  /** Totals so far; the object changes as they do. */
  readonly counters: RemotingCounters;
  /** Asks to other nodes that wait now, addresses lent in messages included. */
  readonly openAskCount: number;
  /** Condition of the newest run of a node; undefined when none is known. */
  condition(node: string): Member['condition'] | undefined;
  /** Asks `gate` about every message to a path below its prefix. One at a time. */
  setGate(gate: OwnerGate): void;
}

/**
 * Joins a system to its cluster's bus. Resolves when messages of others can come in.
 *
 * @throws invalid_argument when the system bears another name than the member
 * @throws unavailable when the bus does not take the subscription
 */
export async function startRemoting(options: RemotingOptions): Promise<NodeRemoting> {
  const { system, members } = options;
  if (!(system instanceof Kernel) || system.node !== members.self.node) {
    throw new WitanError('invalid_argument', 'The system of a node bears the name of its member', {
      path: 'system.node',
      expected: members.self.node,
    });
  }
  const remoting = new RemotingOfRun(system, options);
  await remoting.open();
  return remoting;
}

class RemotingOfRun implements NodeRemoting {
  readonly counters: Counters = newCounters();
  private readonly kernel: Kernel;
  private readonly options: RemotingOptions;
  private readonly self: BatchSender;
  private readonly versions: Versions;
  private readonly routes: Routes;
  private readonly asks: OpenAsks;
  private readonly watches: Watches;
  private readonly book: AddressBook;
  private readonly sending: Sending;
  private readonly delivery: Delivery;
  private readonly receiving: Receiving;
  private readonly listeners: (() => void)[] = [];
  private subscription: Subscription | undefined;
  private closing: Promise<void> | undefined;

  constructor(kernel: Kernel, options: RemotingOptions) {
    this.kernel = kernel;
    this.options = options;
    const { node, incarnation } = options.members.self;
    this.self = { node, incarnation };
    this.versions = options.versions ?? CLUSTER_PROTOCOL;
    const limits: RemotingLimits = { ...REMOTING_LIMITS, ...options.limits };
    const codec = new ByteCodec(limits);
    this.routes = this.makeRoutes(limits);
    this.asks = new OpenAsks(limits.maxOpenAsks, (id, to) => {
      this.sending.postPlain(to, [FRAME.cancel, id, CANCEL.ask]);
    });
    this.watches = new Watches({
      clock: kernel.clock,
      max: limits.maxWatches,
      refreshMs: limits.watchRefreshMs,
      route: (name) => this.routes.to(name),
      post: (to, frame) => this.sending.postPlain(to, frame),
    });
    this.book = new AddressBook({
      self: this.self,
      transport: {
        send: (ref, message, sent) => this.sending.send(ref, message, sent),
        reply: (ref, message, sender) => this.sending.reply(ref, message, sender),
        watch: (ref, onEnd) => this.sending.watch(ref, onEnd),
      },
      local: (path) => kernel.resolve(path),
      lend: (ask) => this.asks.enter(ask),
      lent: (id) => this.asks.find(id),
    });
    const { routes, asks, watches, book, counters } = this;
    const shaper = new Shaper(limits, book.write);
    const shared = { routes, asks, watches, book, counters, codec };
    this.sending = new Sending({
      ...shared,
      core: kernel,
      self: this.self,
      shaper,
      maxBytes: limits.maxBytes,
    });
    this.delivery = new Delivery({
      ...{ core: kernel, book, asks, routes, maxIncomingAsks: limits.maxIncomingAsks },
      sending: () => this.sending,
    });
    this.receiving = this.makeReceiving(limits, codec);
  }

  get openAskCount(): number {
    return this.asks.size;
  }

  async open(): Promise<void> {
    const { bus, cluster, members } = this.options;
    const { node, incarnation } = this.self;
    this.listeners.push(
      members.onChange(() => this.routes.forgetNewest()),
      members.onGone((gone, run) => this.runEnded({ node: gone, incarnation: run })),
    );
    this.subscription = await bus.subscribe(nodeSubject(cluster, node, incarnation), ({ data }) => {
      if (this.closing === undefined) this.receiving.batch(data);
    });
  }

  ref<M>(node: string, path: string): ActorRef<M> {
    return this.book.actor(node, path) as ActorRef<M>;
  }

  condition(node: string): Member['condition'] | undefined {
    return this.options.members.get(node)?.condition;
  }

  setGate(gate: OwnerGate): void {
    this.delivery.gate = gate;
    this.book.gate = gate;
  }

  async flush(): Promise<void> {
    this.routes.flush();
    await this.options.bus.flush();
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    for (const stop of this.listeners) stop();
    this.sending.close();
    this.watches.close();
    this.asks.failEvery(new WitanError('stopped', 'This node has left its cluster'));
    this.receiving.close();
    // Answers and failures of the last moment should still arrive.
    this.routes.flush();
    this.routes.close();
    await this.subscription?.unsubscribe();
  }

  private runEnded(run: BatchSender): void {
    const over = this.routes.ended(run);
    this.receiving.runEnded(run);
    if (over === undefined) return;
    this.asks.failAt(over, goneError(run));
    this.watches.runEnded(over);
  }

  private makeRoutes(limits: RemotingLimits): Routes {
    const { bus, cluster, members } = this.options;
    const { kernel, counters, self, versions } = this;
    return new Routes({
      ...{ self, versions, cluster, members, limits, counters },
      outlet: new Outlet(bus, counters, limits.windowBytes),
      soon: (task) => kernel.scheduler.soon(task),
      onLost: (askIds, error) => {
        const cause = toWitanError(error);
        for (const id of askIds) {
          this.asks
            .answered(id)
            ?.fail('unavailable', 'The message could not be sent', { reason: cause.code });
        }
        kernel.telemetry?.log('warn', '/', 'a batch could not be sent', { code: cause.code });
      },
    });
  }

  private makeReceiving(limits: RemotingLimits, codec: ByteCodec): Receiving {
    const { kernel, counters, self, versions, routes, asks, watches, sending, delivery, book } = this;
    const { bus, cluster } = this.options;
    return new Receiving({
      ...{ versions, limits, counters, codec, routes, asks, watches, sending, delivery },
      readRef: book.read,
      refuse: (run) => {
        try {
          bus.publish(nodeSubject(cluster, run.node, run.incarnation), refusal(self, versions));
        } catch (error) {
          this.log('a refusal could not be sent', { code: toWitanError(error).code });
        }
      },
      lateReply: (id, message) => {
        const ref = new RemoteReply(sending, { ...self, id });
        kernel.deadLetter(ref as never, { message, origin: undefined, reason: 'late-reply' });
      },
      log: (message, fields) => this.log(message, fields),
    });
  }

  private log(message: string, fields: Record<string, unknown>): void {
    this.kernel.telemetry?.log('warn', '/', message, fields);
  }
}

function goneError({ node, incarnation }: BatchSender): WitanError {
  return new WitanError('unavailable', `The node ${node} is gone`, { node, incarnation });
}
