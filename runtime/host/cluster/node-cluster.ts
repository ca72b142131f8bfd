/** This node in its cluster, over all its incarnations: when a lease is lost it comes back as a new one. */
import type { Claims } from '../../../cluster/claims/claims.ts';
import type { Members } from '../../../cluster/membership/members.ts';
import type { NodeLease } from '../../../cluster/membership/node-lease.ts';
import type { NodeRemoting } from '../../../cluster/remote/start-remoting.ts';
import type { Settings } from '../../../config/schema.ts';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { HealthCheck } from '../../../contracts/messages/decision-view.ts';
import { Backoff } from '../../../supervisors/backoff.ts';
import { connectNats, serverWarning } from '../../../transport/nats/index.ts';
import type { NatsPorts } from '../../../transport/nats/index.ts';
import type { Random } from '../../kernel/clock.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { BusPort } from '../../kernel/ports/bus.ts';
import type { JournalPort } from '../../kernel/ports/journal.ts';
import type { KvPort } from '../../kernel/ports/kv.ts';
import { MemoryJournal } from '../../store/memory/memory-journal.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import type { WorkQueuePort } from '../../kernel/ports/work-queue.ts';
import { countedKv } from './advice/counted-kv.ts';
import { clusterBucket, clusterConnect } from './cluster-connect.ts';
import { ClusterRun } from './cluster-run.ts';
import { FollowedCluster } from './followed.ts';
import { processClock } from './process-clock.ts';

/** What a node joins its cluster with. */
export interface NodeClusterOptions {
  readonly settings: Settings;
  readonly system: ActorSystem;
  readonly telemetry: Pick<TelemetryPort, 'log' | 'gauge'>;
}

const PATH = '/system/cluster';
const REJOIN = { firstMs: 200, maxMs: 5_000 };
const LOAD_EVERY_MS = 500;
/** Roles of nodes on which sessions run, or are kept. */
const JOURNAL_ROLES: ReadonlySet<string> = new Set(['control', 'platform', 'worker']);

/** See the head of the file. */
export class NodeCluster {
  readonly bus: BusPort;
  readonly kv: KvPort;
  /** Journal that every node reads: sessions that move go on from it. */
  readonly journal: JournalPort;
  /** Durable queues of the cluster. */
  readonly queue: WorkQueuePort;
  readonly name: string;
  readonly node: string;
  readonly #options: NodeClusterOptions;
  readonly #nats: NatsPorts;
  readonly #followed: FollowedCluster;
  readonly #onRun = new Set<(run: ClusterRun) => () => void>();
  #leaveRun: (() => void)[] = [];
  #run: ClusterRun | undefined;
  #state: 'joining' | 'up' | 'draining' = 'joining';
  #load: () => number = () => 0;
  #kvWrites: () => number = () => 0;
  #isClosed = false;
  #rejoining: Promise<void> | undefined;
  #timer: { cancel(): void } | undefined;

  private constructor(
    options: NodeClusterOptions,
    ports: {
      readonly nats: NatsPorts;
      readonly bus: BusPort;
      readonly kv: KvPort;
      readonly journal: JournalPort;
      readonly queue: WorkQueuePort;
    },
  ) {
    const { cluster, node } = options.settings;
    this.#options = options;
    this.#nats = ports.nats;
    this.bus = ports.bus;
    this.kv = ports.kv;
    this.journal = ports.journal;
    this.queue = ports.queue;
    this.name = cluster.name;
    this.node = node.name;
    this.#followed = new FollowedCluster(node.name);
  }

  /** Connects and joins; resolves when the lease is held. @throws unavailable, unauthenticated, not_supported */
  static async join(options: NodeClusterOptions): Promise<NodeCluster> {
    const { settings, telemetry } = options;
    const { cluster, node } = settings;
    const onError = (error: unknown): void =>
      telemetry.log('error', PATH, 'a handler of the bus failed', { error: String(error) });
    const nats = await connectNats({ ...clusterConnect(settings), name: `witan/${node.name}`, onError });
    const warning = serverWarning(nats.link.server.version);
    if (warning !== undefined) telemetry.log('warn', PATH, warning);
    try {
      let kvWriteCount = 0;
      const kv = countedKv(await nats.openKv(clusterBucket(settings)), () => (kvWriteCount += 1));
      const { replicaCount } = cluster;
      // Others run no session, and their permissions name no journal.
      const hasSessions = node.roles.some((role) => JOURNAL_ROLES.has(role));
      const journal = hasSessions
        ? await nats.openJournal({ cluster: cluster.name, replicaCount })
        : new MemoryJournal(processClock);
      const queue = nats.workQueue({ replicaCount });
      const joined = new NodeCluster(options, { nats, bus: nats.bus(), kv, journal, queue });
      joined.#kvWrites = () => kvWriteCount;
      await joined.#start();
      joined.#tellLoad();
      return joined;
    } catch (error) {
      await nats.close();
      throw error;
    }
  }

  get random(): Random {
    return this.#options.system.random;
  }

  /** Claims of the present incarnation; the object stays the same. */
  get claims(): Claims {
    return this.#followed.claims;
  }

  /** Members as the present incarnation sees them; the object stays the same. */
  get members(): Members {
    return this.#followed.members;
  }

  /** Undefined between two incarnations. */
  get lease(): NodeLease | undefined {
    return this.#run?.lease;
  }

  /** @throws unavailable between two incarnations */
  get remoting(): NodeRemoting {
    if (this.#run) return this.#run.remoting;
    throw new WitanError('unavailable', 'this node is in no cluster now');
  }

  /** As {@link remoting}; undefined between two incarnations. */
  get remotingNow(): NodeRemoting | undefined {
    return this.#run?.remoting;
  }

  /** Writes to the cluster's store by this process so far, those of its heartbeat left out. */
  get kvWriteCount(): number {
    return this.#kvWrites();
  }

  /**
   * Calls `begin` for this and each later incarnation; what it gives is called when that one is over.
   * Returns an unsubscribe.
   */
  eachRun(begin: (run: ClusterRun) => () => void): () => void {
    this.#onRun.add(begin);
    if (this.#run) this.#leaveRun.push(begin(this.#run));
    return () => void this.#onRun.delete(begin);
  }

  /** What others see; `load` counts open decisions. */
  announce(state: 'up' | 'draining', load?: () => number): void {
    this.#state = state;
    if (load) this.#load = load;
    this.#run?.update({ state, load: this.#load() });
  }

  health(): HealthCheck {
    const state = this.#run?.lease.state ?? 'lost';
    const count = this.#followed.members.list().length;
    const detail = state === 'held' ? `${count} nodes of ${this.name}` : `its lease is ${state}`;
    return { name: 'cluster', ok: state === 'held', detail };
  }

  /** Leaves: the lease is given up, the connection closed. What the lease covered has ended. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#rejoining;
    this.#endRun();
    await this.#run?.close();
    await this.queue.close();
    await this.journal.close();
    await this.kv.close();
    await this.bus.close();
    await this.#nats.close();
  }

  async #start(): Promise<void> {
    const { settings, system, telemetry } = this.#options;
    const run = await ClusterRun.start({
      settings,
      system,
      telemetry,
      bus: this.bus,
      kv: this.kv,
      onOver: (reason) => this.#over(reason),
    });
    this.#run = run;
    this.#followed.follow(run);
    run.update({ state: this.#state, load: this.#load() });
    telemetry.log('info', PATH, 'this node is a member of the cluster', { ...run.members.self });
    this.#leaveRun = [...this.#onRun].map((begin) => begin(run));
  }

  #endRun(): void {
    for (const leave of this.#leaveRun.splice(0)) leave();
    this.#followed.follow(undefined);
  }

  #over(reason: string): void {
    if (this.#isClosed || this.#rejoining) return;
    const { telemetry } = this.#options;
    telemetry.log('error', PATH, 'this incarnation is over: what it owned is lost to others', { reason });
    this.#rejoining = this.#rejoin().finally(() => (this.#rejoining = undefined));
  }

  async #rejoin(): Promise<void> {
    const { system, telemetry } = this.#options;
    const backoff = new Backoff(system.random, REJOIN);
    const old = this.#run;
    this.#endRun();
    this.#run = undefined;
    await old?.close().catch(() => undefined);
    while (!this.#isClosed) {
      try {
        return await this.#start();
      } catch (error) {
        const { code, message } = toWitanError(error);
        telemetry.log('warn', PATH, 'the node could not come back to its cluster yet', { code, message });
        await new Promise<void>((resolve) =>
          processClock.setTimer(backoff.next(processClock.monotonicMs()), resolve),
        );
      }
    }
  }

  #tellLoad(): void {
    this.#timer = processClock.setTimer(LOAD_EVERY_MS, () => this.#tellLoad());
    this.#run?.update({ state: this.#state, load: this.#load() });
    this.#options.telemetry.gauge('cluster_members', this.#followed.members.list().length);
  }
}
