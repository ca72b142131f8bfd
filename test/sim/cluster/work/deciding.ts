/** Decisions over several nodes: the platform, the council, and the cluster's own way between them. */
import { createOrchestratorClient } from '../../../../agents/platform/orchestrator/client.ts';
import type { OrchestratorClient } from '../../../../agents/platform/orchestrator/client.ts';
import type {
  OrchestratorMessage,
  ReviewMessage,
} from '../../../../agents/platform/orchestrator/messages.ts';
import { createFeatureFlags } from '../../../../config/feature-flags.ts';
import { loadSettings } from '../../../../config/loader.ts';
import { rosterOf } from '../../../../config/roster.ts';
import type { Settings } from '../../../../config/schema.ts';
import { toHex } from '../../../../contracts/ledger/bytes.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { KeyId } from '../../../../contracts/messages/ids.ts';
import type { FrozenSeat, SeatKey } from '../../../../contracts/messages/session.ts';
import { ClusterOrchestrator } from '../../../../runtime/host/cluster/cluster-orchestrator.ts';
import type { ClusterRun } from '../../../../runtime/host/cluster/cluster-run.ts';
import { DecisionShards } from '../../../../runtime/host/cluster/decision-shards.ts';
import type { NodeStores } from '../../../../runtime/host/record/open-stores.ts';
import { buildCouncil } from '../../../../runtime/host/tree/build-council.ts';
import { buildPlatform } from '../../../../runtime/host/tree/build-platform.ts';
import type { SeatedPlan } from '../../../../runtime/host/tree/council-plans.ts';
import { spawnStateless } from '../../../../runtime/kernel/index.ts';
import type { ActorRef } from '../../../../runtime/kernel/index.ts';
import { MemoryBus } from '../../../../runtime/store/memory/memory-bus.ts';
import { MemoryDecisionEvents } from '../../../../runtime/store/memory/memory-decision-events.ts';
import { MemoryDecisionIndex } from '../../../../runtime/store/memory/memory-decision-index.ts';
import { NodeTelemetry } from '../../../../runtime/telemetry/node-telemetry.ts';
import { spawnSupervisor } from '../../../../supervisors/supervisor.ts';
import { FaultCounter } from '../../faults/fault-counter.ts';
import { mindOf } from '../../scenario/minds.ts';
import type { PlannedDecision } from '../../scenario/scenario.ts';
import { scriptedSeat } from '../../world/seat-plans.ts';
import type { ClusterNode } from '../world/cluster-node.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

/** Shards of decisions in a simulated cluster. */
export const DECISION_SHARDS = 8;

const SETTINGS: Settings = loadSettings({
  code: { cluster: { shardCount: DECISION_SHARDS, drainMs: 2_000 }, screen: { patterns: 'off' } },
}).settings;

/** Deciding of one world. */
export class Deciding {
  readonly #world: ClusterWorld;
  readonly #decisions: ReadonlyMap<string, PlannedDecision>;
  readonly #shards = new Map<ClusterNode, DecisionShards>();
  readonly #clients = new Map<ClusterNode, OrchestratorClient>();

  constructor(world: ClusterWorld, decisions: readonly PlannedDecision[]) {
    this.#world = world;
    this.#decisions = new Map(decisions.map((decision) => [decision.key, decision]));
  }

  /** Gives a process its part: all of it where it decides, else the way to those who do. */
  furnish(node: ClusterNode): void {
    const decides = node.machine.roles.includes('platform');
    const { system } = node;
    const cluster = clusterOf(node);
    const shards = new DecisionShards({
      cluster,
      settings: SETTINGS,
      system,
      parent: spawnStateless<never>(system.root, () => {}, 'cluster'),
      decides,
      caughtUp: () => node.log.caughtUp(),
    });
    this.#shards.set(node, shards);
    if (decides) this.#build(node, shards);
    const local = createOrchestratorClient({
      orchestrator: () => system.resolve('/platform/orchestrator') as ActorRef<OrchestratorMessage>,
      review: () => system.resolve('/platform/orchestrator/review') as ActorRef<ReviewMessage>,
    });
    this.#clients.set(node, new ClusterOrchestrator({ cluster, system, local, shards: () => shards }));
  }

  /** The orchestrators of all nodes as one, as a node reaches them. */
  client(node: ClusterNode): OrchestratorClient {
    return this.#clients.get(node)!;
  }

  /** Shards of decisions that a node decides now. */
  count(node: ClusterNode): number {
    return this.#shards.get(node)?.count ?? 0;
  }

  /** Hands over what a node decides. */
  async drain(node: ClusterNode): Promise<void> {
    await this.#shards.get(node)?.drain();
  }

  #build(node: ClusterNode, shards: DecisionShards): void {
    const { system } = node;
    const { world } = this;
    const keys = world.keys(node.machine);
    const events = new MemoryDecisionEvents({ clock: system.clock });
    const index = new MemoryDecisionIndex();
    const { journal } = node;
    const ledger = world.plant?.wrapLedger?.(node.ledger) ?? node.ledger;
    const stores = { keys, ledger, reading: ledger, events, index, journal } as unknown as NodeStores;
    const seats = this.#seats(node);
    const supervisors = spawnSupervisor(system.root, 'system', { children: [] });
    const { actors } = SETTINGS;
    buildCouncil({ system, supervisors, stores, seats, actors, onIncident: () => undefined });
    buildPlatform({
      system,
      stores,
      settings: SETTINGS,
      flags: createFeatureFlags(SETTINGS.features),
      seats,
      bus: new MemoryBus({ clock: system.clock }),
      gate: { id: 'gate', start: (parent) => spawnStateless(parent, () => {}, 'gate') },
      services: [],
      telemetry: new NodeTelemetry({}),
      shared: { home: shards, othersOf: (seat) => this.#othersOf(node, seat) },
    });
  }

  get world(): ClusterWorld {
    return this.#world;
  }

  #seats({ clock }: ClusterNode): SeatedPlan[] {
    const { seed } = this.#world;
    const faults = new FaultCounter();
    return rosterOf(SETTINGS.council).map((entry) => ({
      entry,
      plan: scriptedSeat(entry.seat, {
        clock,
        faults,
        mind: ({ request }, seat) => {
          const key = request.idempotencyKey ?? '';
          return mindOf(seed, key, { seat, mood: this.#decisions.get(key)?.mood ?? 'calm' });
        },
      }),
    }));
  }

  /** Keys of the same seat elsewhere. */
  #othersOf(node: ClusterNode, { seat }: Pick<FrozenSeat, 'seat'>): SeatKey[] {
    const others = [...this.#world.machines.values()].filter(
      (machine) => machine.roles.includes('platform') && machine !== node.machine,
    );
    return others
      .map((machine) => this.#world.keys(machine).active(`seat/${seat}`))
      .map(({ keyId, publicKey }) => ({ keyId: keyId as KeyId, publicKey: toHex(publicKey) }))
      .sort((left, right) => (left.keyId < right.keyId ? -1 : 1));
  }
}

/** A node's cluster as the parts of the host take it. */
function clusterOf(node: ClusterNode) {
  return {
    node: node.name,
    members: node.followed.members,
    get remoting() {
      if (node.run?.remoting) return node.run.remoting;
      throw new WitanError('unavailable', 'this node is in no cluster now');
    },
    eachRun: (begin: (run: ClusterRun) => () => void): (() => void) => {
      node.eachRun((run) => {
        const { claims, members, lease } = run.lease;
        return begin({ claims, members, lease, remoting: run.remoting } as unknown as ClusterRun);
      });
      // Its listeners live as long as their process.
      return () => undefined;
    },
  };
}
