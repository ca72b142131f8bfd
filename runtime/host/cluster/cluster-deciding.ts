/** This node's part in deciding together: its shards, the keys of its seats, and the way to the others. */
import type { OrchestratorClient } from '../../../agents/platform/orchestrator/client.ts';
import type { OrchestratorMessage } from '../../../agents/platform/orchestrator/messages.ts';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { ScaleAdvice } from '../../../contracts/messages/cluster/load.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { FrozenSeat, SeatKey } from '../../../contracts/messages/session.ts';
import { spawnStateless } from '../../kernel/index.ts';
import type { ActorRef, ActorSystem, AnyRef } from '../../kernel/index.ts';
import type { CreditSemaphore } from '../../kernel/credit-semaphore.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import type { ServiceBackends } from '../../../transport/door/services.ts';
import type { NodeMetrics } from '../../telemetry/prometheus/node-metrics.ts';
import type { NodeStores } from '../record/open-stores.ts';
import type { SeatedPlan } from '../tree/council-plans.ts';
import type { SharedDeciding } from '../tree/build-platform.ts';
import { ClusterAdvice } from './advice/cluster-advice.ts';
import { tellCluster } from './advice/tell-cluster.ts';
import { BallotNotices } from './durable/ballot-notices.ts';
import { DeadLetters } from './durable/dead-letters.ts';
import { ClusterService } from './cluster-service.ts';
import { ClusterOrchestrator } from './cluster-orchestrator.ts';
import { DecisionShards } from './decision-shards.ts';
import { spawnEventsDesk } from './events/events-desk.ts';
import { FarEvents } from './events/far-events.ts';
import type { NodeCluster } from './node-cluster.ts';
import { processClock } from './process-clock.ts';
import { SeatKeyBook } from './seat-keys.ts';

/** What it is opened with. */
export interface ClusterDecidingOptions {
  readonly cluster: NodeCluster;
  readonly settings: Settings;
  readonly system: ActorSystem;
  readonly stores: NodeStores;
  readonly seats: readonly SeatedPlan[];
  readonly telemetry: Pick<TelemetryPort, 'log' | 'gauge' | 'count'> & {
    readonly metrics?: NodeMetrics | undefined;
  };
  /** Inputs that wait for a thread of evaluators. */
  readonly evaluationWaiting?: (() => number) | undefined;
}

const PATH = '/system/cluster';
const ORCHESTRATOR = '/platform/orchestrator';
const KEYS_EVERY_MS = 5_000;

/** See the head of the file. */
export class ClusterDeciding implements SharedDeciding {
  readonly #options: ClusterDecidingOptions;
  readonly #book: SeatKeyBook;
  readonly #decides: boolean;
  readonly #parent: AnyRef;
  /** Events of decisions that other nodes decide. */
  readonly farEvents: FarEvents;
  /** Ballots that did not count, on their way to the record. */
  readonly notices: BallotNotices;
  #advice: ClusterAdvice | undefined;
  #admission: CreditSemaphore | undefined;
  #shards: DecisionShards | undefined;
  #timer: { cancel(): void } | undefined;

  private constructor(options: ClusterDecidingOptions, book: SeatKeyBook) {
    this.#options = options;
    this.#book = book;
    const { roles } = options.settings.node;
    this.#decides = roles.includes('platform') && roles.includes('worker');
    this.#parent = spawnStateless<never>(options.system.root, () => {}, 'cluster', {
      behaviorName: 'cluster-folder',
    });
    this.notices = this.#openNotices();
    spawnEventsDesk(this.#parent, options.stores.events);
    const { cluster, system } = options;
    const shards = (): DecisionShards | undefined => this.#shards;
    this.farEvents = new FarEvents({ cluster, system, shards, parent: this.#parent });
  }

  /** Tells the others of this node's seats. @throws unavailable */
  static async open(options: ClusterDecidingOptions): Promise<ClusterDeciding> {
    const { cluster, seats, stores, system, telemetry } = options;
    const onFailure = (error: unknown): void =>
      telemetry.log('warn', PATH, 'seats of other nodes are not known', { error: String(error) });
    const book = new SeatKeyBook({ cluster, seats, keys: stores.keys, random: system.random, onFailure });
    const deciding = new ClusterDeciding(options, book);
    if (deciding.#decides) await book.start();
    // The servers refuse the queue to others.
    if (usesQueues(options.settings)) await deciding.notices.open(deciding.#decides);
    return deciding;
  }

  /** Which decisions this node decides; none before `begin`. */
  readonly home = {
    owns: (decisionId: DecisionId): boolean => this.#shards?.owns(decisionId) ?? false,
  };

  /** Takes note of this node's credits: their use is its load. */
  watchAdmission(admission: CreditSemaphore): void {
    this.#admission = admission;
  }

  readonly othersOf = (seat: FrozenSeat): readonly SeatKey[] => this.#book.othersOf(seat);

  /** Takes its shards from now on: the node is up. */
  begin(): void {
    const { cluster, settings, system, stores } = this.#options;
    const caughtUp = (): Promise<void> => stores.sharedLog?.caughtUp() ?? Promise.resolve();
    const parts = { cluster, settings, system, parent: this.#parent, decides: this.#decides, caughtUp };
    this.#shards = new DecisionShards(parts);
    cluster.announce('up', () => this.#admission?.inUse ?? 0);
    this.#openAdvice();
    this.#readKeys();
  }

  /** The orchestrators of all nodes as one. */
  orchestrator(local: OrchestratorClient): OrchestratorClient {
    const { cluster, system } = this.#options;
    return new ClusterOrchestrator({ cluster, system, local, shards: () => this.#shards });
  }

  /** Hands its shards over; resolves when this node decides nothing any more. */
  async drain(): Promise<void> {
    this.#options.cluster.announce('draining');
    await Promise.all([this.#shards?.drain(), this.notices.taker.stop()]);
  }

  #openAdvice(): void {
    const { cluster, settings, system, stores, telemetry, evaluationWaiting = () => 0 } = this.#options;
    const { ledger, events, sharedLog: log } = stores;
    this.#advice = new ClusterAdvice({
      ...{ cluster, settings, system, events, telemetry, evaluationWaiting, parent: this.#parent },
      admission: () => this.#admission,
    });
    const shardCount = (): number => this.#shards?.count ?? 0;
    const { metrics } = telemetry;
    const queue = usesQueues(settings) ? cluster.queue : undefined;
    const told = { cluster, queue, notices: this.notices, ledger, log, shardCount };
    if (metrics) tellCluster(metrics, told);
  }

  async #adviceNow(): Promise<ScaleAdvice> {
    if (this.#advice) return this.#advice.advice();
    throw new WitanError('unavailable', 'the node is not up yet');
  }

  #openNotices(): BallotNotices {
    const { cluster, settings, system, telemetry } = this.#options;
    const { name, node, queue } = cluster;
    const incarnation = (): string => cluster.members.self.incarnation;
    return new BallotNotices({
      ...{ queue, settings, system, telemetry, clock: processClock, random: system.random },
      cluster: { name, node, incarnation },
      orchestratorOf: (decisionId) => this.#orchestratorOf(decisionId),
      mayTake: () => cluster.lease?.isHeld() === true && (this.#shards?.count ?? 0) > 0,
    });
  }

  async #orchestratorOf(decisionId: DecisionId): Promise<ActorRef<OrchestratorMessage>> {
    const { cluster, system } = this.#options;
    if (!this.#shards) throw new WitanError('unavailable', 'the node is not up yet', { decisionId });
    const place = await this.#shards.locate(decisionId);
    if (!place.local) return cluster.remoting.ref<OrchestratorMessage>(place.node, ORCHESTRATOR);
    return system.resolve(ORCHESTRATOR) as ActorRef<OrchestratorMessage>;
  }

  /** Keys of nodes that join later are on the record: heads that they sign one day verify here too. */
  #readKeys(): void {
    this.#timer = processClock.setTimer(KEYS_EVERY_MS, () => this.#readKeys());
    this.#options.stores.recordedKeys?.refresh().catch(() => undefined);
  }

  /** What operators ask of the cluster. */
  get services(): Pick<ServiceBackends, 'cluster'> {
    const { cluster, settings, stores } = this.#options;
    const { ledger, sharedLog: log } = stores;
    if (!log) return {};
    const drain = (): Promise<void> => this.drain();
    const deadLetters = new DeadLetters(cluster.queue, cluster.name);
    const advice = (): Promise<ScaleAdvice> => this.#adviceNow();
    const parts = { cluster, settings, ledger, log, deadLetters, advice, drain };
    return { cluster: new ClusterService(parts) };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#shards?.close();
    this.#timer?.cancel();
    this.#book.close();
    this.#advice?.close();
    await this.notices.close();
  }
}

/** Whether a node of these roles may use the durable queues; the permissions of the servers say the same. */
function usesQueues({ node: { roles } }: Settings): boolean {
  return ['worker', 'platform', 'control'].some((role) => (roles as readonly string[]).includes(role));
}
