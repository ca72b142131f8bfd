/** Three NATS servers, three nodes, and a proxy on each way between them. */
import type { ClusterShardsView, ClusterView } from '../../../contracts/messages/door/cluster.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import type { NatsCluster } from '../../nats-cluster.ts';
import { startNatsCluster } from '../../nats-cluster.ts';
import { startProxy } from '../../loopback-proxy.ts';
import { POSTGRES_MISSING, startPostgres } from '../../postgres-server.ts';
import type { PostgresServer } from '../../postgres-server.ts';
import { NodeProcess } from './node-process.ts';

/** What is started. */
export interface ChaosClusterOptions {
  readonly folder: string;
  /** `node` arguments up to the command's own. */
  readonly command: readonly string[];
  readonly nodeCount?: number;
  readonly serverCount?: number;
}

/** Stream of members and claims. */
export const STATE_STREAM = 'KV_witan-local';
const LOOK_MS = 100;
const ASK_MS = 2_000;

/** See the head of the file. */
export class ChaosCluster {
  readonly nats: NatsCluster;
  readonly nodes: readonly NodeProcess[];

  readonly #databases: PostgresServer | undefined;

  private constructor(
    nats: NatsCluster,
    nodes: readonly NodeProcess[],
    databases: PostgresServer | undefined,
  ) {
    this.nats = nats;
    this.nodes = nodes;
    this.#databases = databases;
  }

  /** Starts all; resolves when every node is ready. */
  static async start(options: ChaosClusterOptions): Promise<ChaosCluster> {
    const { folder, command, nodeCount = 3, serverCount = 3 } = options;
    const nats = await startNatsCluster({ serverCount, isAdvertised: false });
    // Three embedded databases would take the machine's cores for half a minute.
    const databases = POSTGRES_MISSING === undefined ? await startPostgres() : undefined;
    const newDatabase = databases && (async () => databases.url(await databases.makeDatabase()));
    const ports = nats.urls.map((url) => Number(new URL(url).port));
    const nodes: NodeProcess[] = [];
    for (let at = 0; at < nodeCount; at += 1) {
      const proxies = await Promise.all(ports.map((port) => startProxy(port)));
      const name = `node-${at + 1}`;
      const replicaCount = Math.min(3, serverCount);
      nodes.push(new NodeProcess({ name, folder, proxies, command, replicaCount, newDatabase }));
    }
    const cluster = new ChaosCluster(nats, nodes, databases);
    try {
      await Promise.all(nodes.map((node) => node.start()));
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  node(name: string): NodeProcess {
    return this.nodes.find((node) => node.name === name)!;
  }

  /** The cluster as a node sees it. Rejects when it does not answer. */
  view(node: NodeProcess): Promise<ClusterView> {
    return get<ClusterView>(`${node.url}/api/v1/cluster`);
  }

  /** Shards that each node owns, as one that answers sees it. */
  async owned(): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
    const { shards } = await Promise.any(
      this.nodes.map((node) => get<ClusterShardsView>(`${node.url}/api/v1/cluster/shards`)),
    );
    const owned = new Map<string, Set<number>>(this.nodes.map(({ name }) => [name, new Set()]));
    for (const { shard, node } of shards) if (node !== null) owned.get(node)?.add(shard);
    return owned;
  }

  /** What each node sees of the cluster and its shards now, for whoever looks for a fault. */
  async views(): Promise<unknown> {
    const look = async (node: NodeProcess): Promise<unknown> => ({
      node: node.name,
      pid: node.pid,
      cluster: await this.view(node).catch(String),
      shards: await get(`${node.url}/api/v1/cluster/shards`).catch(String),
      tree: await get(`${node.url}/api/v1/tree`).catch(String),
    });
    return Promise.all(this.nodes.map(look));
  }

  /** Whether some decision is open, as one node that answers sees it. */
  async hasOpen(): Promise<boolean> {
    const pages = this.nodes.map((node) =>
      get<{ items: readonly unknown[] }>(`${node.url}/api/v1/decisions?outcome=open`),
    );
    const { items } = await Promise.any(pages);
    return items.length > 0;
  }

  /** Resolves when every node sees all nodes up, every shard owned and all copies in the set. */
  async whole(limitMs: number): Promise<void> {
    const endMs = performance.now() + limitMs;
    let why = '';
    while (performance.now() < endMs) {
      const found = await Promise.all(this.nodes.map((node) => this.#missing(node)));
      why = found.filter((one) => one !== '').join('; ');
      if (why === '') return;
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
    throw new Error(`the cluster is not whole after ${limitMs / 1_000} s: ${why}`);
  }

  /** Keys that heads of the record may bear. */
  pinned(): PinnedKey {
    const keys = this.nodes.flatMap(({ pinned }) => pinned);
    const publicKeys = [...new Set(keys.flatMap((key) => key.publicKeys))];
    return { ...keys[0]!, publicKeys };
  }

  /** Stops the nodes, so that their copies can be read. */
  async stopNodes(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
  }

  /** Ends everything. Idempotent. */
  async end(): Promise<void> {
    await this.stopNodes();
    for (const { proxies } of this.nodes) for (const proxy of proxies) await proxy.end();
    await this.#databases?.end();
    await this.nats.end();
  }

  /** What is not as it should be, as one node sees it; empty: nothing. */
  async #missing(node: NodeProcess): Promise<string> {
    try {
      const { members, shards, lease, log } = await this.view(node);
      const up = members.filter(({ state, condition }) => state === 'up' && condition !== 'silent');
      const lacks = [
        ...(lease === 'held' ? [] : [`its lease is ${lease}`]),
        ...(up.length === this.nodes.length ? [] : [`${up.length} nodes are up`]),
        ...(shards.free === 0 ? [] : [`${shards.free} shards are free`]),
        ...(log?.inSync.length === this.nodes.length ? [] : [`${log?.inSync.length ?? 0} copies in the set`]),
      ];
      return lacks.length === 0 ? '' : `${node.name}: ${lacks.join(', ')}`;
    } catch (error) {
      return `${node.name}: ${(error as Error).message}`;
    }
  }
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}
