/** The cluster as operators see it through this node. */
import type { ScaleAdvice } from '../../../contracts/messages/cluster/load.ts';
import type {
  ClusterDrainView,
  ClusterLogView,
  ClusterShardsView,
  ClusterView,
  DeadLetterContentView,
  DeadLetterName,
  DeadLettersView,
} from '../../../contracts/messages/door/cluster.ts';
import type { Settings } from '../../../config/schema.ts';
import type { Principal } from '../../kernel/ports/identity.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';
import type { ClusterBackend } from '../../../transport/door/cluster-backend.ts';
import { requireScope } from '../door/require-scope.ts';
import { decisionOwners, DECISION_KIND } from './decision-shards.ts';
import type { DeadLetters } from './durable/dead-letters.ts';
import type { NodeCluster } from './node-cluster.ts';
import type { SharedLog } from './log/open-cluster-log.ts';

/** What the answers come from. */
export interface ClusterServiceParts {
  readonly cluster: NodeCluster;
  readonly settings: Settings;
  readonly ledger: LedgerPort;
  readonly log: SharedLog;
  readonly deadLetters: DeadLetters;
  readonly advice: () => Promise<ScaleAdvice>;
  /** Hands over everything; resolves when that is done. */
  readonly drain: () => Promise<void>;
}

const SINGLETON = 'singleton.';

/** See {@link ClusterBackend}. */
export class ClusterService implements ClusterBackend {
  readonly #parts: ClusterServiceParts;

  constructor(parts: ClusterServiceParts) {
    this.#parts = parts;
  }

  async status(principal: Principal): Promise<ClusterView> {
    requireScope(principal, 'operator:read');
    const { cluster } = this.#parts;
    const { members, claims, lease } = cluster;
    const { shards } = this.#shards();
    const owned = new Map<string, number>();
    for (const { node } of shards) if (node !== null) owned.set(node, (owned.get(node) ?? 0) + 1);
    return {
      name: cluster.name,
      node: cluster.node,
      incarnation: members.self.incarnation,
      lease: lease?.state ?? 'lost',
      members: members.list().map(({ record, condition }) => ({
        node: record.node,
        incarnation: record.incarnation,
        state: record.state,
        condition,
        roles: record.roles,
        labels: record.labels,
        version: record.version,
        load: record.load,
        lagMs: record.lagMs,
        shardCount: owned.get(record.node) ?? 0,
      })),
      shards: { count: shards.length, free: shards.filter(({ node }) => node === null).length },
      singletons: claims.list(SINGLETON).map(({ name, holder, generation }) => ({
        name: name.slice(SINGLETON.length),
        node: holder?.node ?? null,
        generation,
      })),
      log: this.#log(),
    };
  }

  async shards(principal: Principal): Promise<ClusterShardsView> {
    requireScope(principal, 'operator:read');
    return this.#shards();
  }

  /** The order is on the record before it is carried out. */
  async drain(principal: Principal): Promise<ClusterDrainView> {
    requireScope(principal, 'operator:act');
    const { cluster, ledger, drain } = this.#parts;
    const { node } = cluster;
    const payload = { action: 'cluster-drain', node, by: principal.id };
    await ledger.append({ kind: 'admin', tenant: principal.tenant, payload });
    await drain();
    const { shards } = this.#shards();
    return { node, shardCount: shards.filter((shard) => shard.node === node).length };
  }

  async advice(principal: Principal): Promise<ScaleAdvice> {
    requireScope(principal, 'operator:read');
    return this.#parts.advice();
  }

  async deadLetters(principal: Principal): Promise<DeadLettersView> {
    requireScope(principal, 'operator:read');
    return this.#parts.deadLetters.list();
  }

  async deadLetter(name: DeadLetterName, principal: Principal): Promise<DeadLetterContentView> {
    requireScope(principal, 'operator:act');
    return this.#parts.deadLetters.show(name);
  }

  async replayDeadLetter(name: DeadLetterName, principal: Principal): Promise<DeadLetterName> {
    await this.#changed('dead-letter-replay', name, principal);
    await this.#parts.deadLetters.replay(name);
    return name;
  }

  async dropDeadLetter(name: DeadLetterName, principal: Principal): Promise<DeadLetterName> {
    await this.#changed('dead-letter-drop', name, principal);
    await this.#parts.deadLetters.drop(name);
    return name;
  }

  /** The order is on the record before it is carried out; one for what is not there is not given. */
  async #changed(action: string, name: DeadLetterName, principal: Principal): Promise<void> {
    requireScope(principal, 'operator:act');
    const { ledger, deadLetters } = this.#parts;
    const { reason, deliveryCount } = await deadLetters.show(name);
    const payload = { action, ...name, reason, deliveryCount, by: principal.id };
    await ledger.append({ kind: 'admin', tenant: principal.tenant, payload });
  }

  #shards(): ClusterShardsView {
    const { cluster, settings } = this.#parts;
    const shards = decisionOwners(cluster.claims, settings.cluster.shardCount);
    return { kind: DECISION_KIND, shards: [...shards] };
  }

  #log(): ClusterLogView | null {
    const cell = this.#parts.log.cell()?.cell;
    if (!cell) return null;
    const { logId, writer, generation, inSync, size } = cell;
    return { logId, writer, generation, inSync: inSync.map(({ node }) => node), size };
  }
}
