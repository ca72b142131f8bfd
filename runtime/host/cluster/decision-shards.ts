/** Shards of decisions: which ones this node decides, and what happens when they come and go. */
import type {
  HandOverReply,
  InScope,
  OrchestratorMessage,
  TakeOverReply,
} from '../../../agents/platform/orchestrator/messages.ts';
import type { DecisionHome } from '../../../agents/platform/orchestrator/ports.ts';
import type { Claims, HeldClaim } from '../../../cluster/claims/claims.ts';
import { clusterPlacement } from '../../../cluster/placement/cluster-placement.ts';
import type { Need } from '../../../cluster/placement/eligibility.ts';
import { shardOf } from '../../../cluster/placement/rendezvous.ts';
import { spawnShardKeeper } from '../../../cluster/placement/shard-keeper.ts';
import type { ShardKeeper } from '../../../cluster/placement/shard-keeper.ts';
import type { Settings } from '../../../config/schema.ts';
import { shardClaim } from '../../../contracts/cluster-names.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { query, stop } from '../../kernel/index.ts';
import type { ActorRef, ActorSystem, AnyRef } from '../../kernel/index.ts';
import type { Placement, PlacementPort } from '../../kernel/ports/cluster/placement.ts';
import type { ClusterRun } from './cluster-run.ts';
import type { NodeCluster } from './node-cluster.ts';

/** Kind of the shards. */
export const DECISION_KIND = 'decision';

/** What the shards are kept with. */
export interface DecisionShardsOptions {
  readonly cluster: Pick<NodeCluster, 'eachRun'>;
  readonly settings: Settings;
  readonly system: ActorSystem;
  /** Below which keepers are spawned. */
  readonly parent: AnyRef;
  /** Whether this node decides: it has an orchestrator and seats. */
  readonly decides: boolean;
  /** Resolves when this node's copy of the record holds what the cluster had acknowledged at the call. */
  readonly caughtUp: () => Promise<void>;
}

/** Who owns each shard of decisions, as `claims` tell; null: nobody. */
export function decisionOwners(
  claims: Pick<Claims, 'get'>,
  shardCount: number,
): readonly { readonly shard: number; readonly node: string | null; readonly generation: number }[] {
  return Array.from({ length: shardCount }, (_, shard) => {
    const claim = claims.get(shardClaim(DECISION_KIND, shard));
    return { shard, node: claim?.holder?.node ?? null, generation: claim?.generation ?? 0 };
  });
}

/** Roles of a node that decides. */
export const DECIDES: Need = { roles: ['platform', 'worker'] };

const ORCHESTRATOR = '/platform/orchestrator';
/** Time in which shards gather that are taken over together, ms. */
const GATHER_MS = 20;
/** Time in which the record must have a writer for shards to be taken over, ms; after it they are given up. */
const CAUGHT_UP_MS = 20_000;

/** See the head of the file. */
export class DecisionShards implements DecisionHome {
  readonly #options: DecisionShardsOptions;
  readonly #ready = new Map<number, HeldClaim>();
  /** Shards that are being taken and not yet read. */
  #coming: { readonly shards: Set<number>; readonly done: Promise<void> } | undefined;
  #keeper: ShardKeeper | undefined;
  #placement: PlacementPort | undefined;
  readonly #leave: () => void;

  constructor(options: DecisionShardsOptions) {
    this.#options = options;
    this.#leave = options.cluster.eachRun((run) => this.#begin(run));
  }

  /** Shards that this node decides now. */
  get count(): number {
    return this.#ready.size;
  }

  /** See DecisionHome. */
  owns(decisionId: DecisionId): boolean {
    return this.#ready.get(this.#shardOf(decisionId))?.fence.isHeld() ?? false;
  }

  /** Node that decides it. @throws unavailable while nobody does */
  locate(decisionId: DecisionId): Promise<Placement> {
    if (this.#placement) return this.#placement.locate(DECISION_KIND, decisionId);
    return Promise.reject(new WitanError('unavailable', 'this node is in no cluster now', { decisionId }));
  }

  /** No later run of this node takes shards: what would decide them has ended. */
  close(): void {
    this.#leave();
  }

  /** Hands all of them over; resolves when this node decides nothing any more. */
  async drain(): Promise<void> {
    await this.#keeper?.drain();
  }

  #begin(run: ClusterRun): () => void {
    const { settings, system, parent, decides } = this.#options;
    const { shardCount, settleMs, drainMs, handOverMaxCount, takeMaxCount, locateMs } = settings.cluster;
    const { claims, members, lease } = run;
    const keeper = decides
      ? spawnShardKeeper(parent, {
          kind: DECISION_KIND,
          shardCount,
          claims,
          members,
          lease,
          clock: system.clock,
          need: DECIDES,
          settleMs,
          drainMs,
          limits: { handOvers: handOverMaxCount, takes: takeMaxCount },
          hooks: {
            taken: (shard, claim) => this.#taken(shard, claim),
            drain: (shard) => this.#drained(shard),
            lost: (shard) => this.#lost(shard),
          },
        })
      : undefined;
    this.#keeper = keeper;
    this.#placement = clusterPlacement({
      kinds: [{ kind: DECISION_KIND, shardCount, ...(keeper && { keeper }) }],
      claims,
      members,
      clock: system.clock,
      locateMs,
    });
    return () => {
      this.#keeper = undefined;
      this.#placement = undefined;
      if (keeper) void stop(keeper.ref);
      this.#ready.clear();
      // Others have them, or will: whatever is still under way here must not go on.
      this.#tell({ type: 'let-go', isIn: () => true }, system);
    };
  }

  /** Shards come by the dozen when a node starts or is gone: they are taken over together. */
  async #taken(shard: number, claim: HeldClaim): Promise<void> {
    const keeper = this.#keeper;
    this.#coming ??= this.#takeOver();
    this.#coming.shards.add(shard);
    await this.#coming.done;
    // Also when the lease is suspended now: a renewal resumes it, and nobody is told of that here.
    if (keeper === this.#keeper) this.#ready.set(shard, claim);
  }

  #takeOver(): { readonly shards: Set<number>; readonly done: Promise<void> } {
    const shards = new Set<number>();
    const begin = async (): Promise<void> => {
      await new Promise((resolve) =>
        this.#options.system.clock.setTimer(GATHER_MS, () => resolve(undefined)),
      );
      this.#coming = undefined;
      await this.#caughtUp();
      const isIn: InScope = (decisionId) => shards.has(this.#shardOf(decisionId));
      const reply = await this.#ask<TakeOverReply>((replyTo) => ({ type: 'take-over', isIn, replyTo }));
      if (reply.type === 'failed') throw reply.error;
    };
    return { shards, done: begin() };
  }

  /** A record that has no writer has one soon, often because of the same fault. @throws unavailable */
  async #caughtUp(): Promise<void> {
    const endMs = this.#options.system.clock.monotonicMs() + CAUGHT_UP_MS;
    for (;;) {
      try {
        return await this.#options.caughtUp();
      } catch (error) {
        if (this.#options.system.clock.monotonicMs() >= endMs || !this.#placement) throw error;
      }
    }
  }

  async #drained(shard: number): Promise<void> {
    this.#ready.delete(shard);
    const isIn = this.#inShard(shard);
    await this.#ask<HandOverReply>((replyTo) => ({ type: 'hand-over', isIn, replyTo }));
  }

  #lost(shard: number): void {
    this.#ready.delete(shard);
    this.#tell({ type: 'let-go', isIn: this.#inShard(shard) }, this.#options.system);
  }

  #inShard(shard: number): InScope {
    return (decisionId) => this.#shardOf(decisionId) === shard;
  }

  #shardOf(decisionId: DecisionId): number {
    return shardOf(DECISION_KIND, decisionId, this.#options.settings.cluster.shardCount);
  }

  #ask<R>(make: (replyTo: ActorRef<R>) => OrchestratorMessage): Promise<R> {
    const { system, settings } = this.#options;
    const orchestrator = system.resolve(ORCHESTRATOR) as ActorRef<OrchestratorMessage>;
    return query(orchestrator, make, { timeoutMs: settings.cluster.drainMs * 2, via: system });
  }

  #tell(message: OrchestratorMessage, system: ActorSystem): void {
    (system.resolve(ORCHESTRATOR) as ActorRef<OrchestratorMessage>).tell(message);
  }
}
