/** Real nodes for the bench: processes of the shipped program, on one NATS server or on none. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClusterView } from '../../../contracts/messages/door/cluster.ts';
import { Child } from '../../../tools/cluster/child.ts';
import { nodeEnvironment } from '../../../tools/cluster/cluster-settings.ts';
import { findNatsServer, startNatsServers } from '../../../tools/cluster/nats-server.ts';

/** A node that takes decisions. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
}

/** Nodes of one size of the cluster. */
export interface NodeProcesses {
  readonly nodes: readonly RunningProcess[];
  /** Undefined: one node without a cluster. */
  readonly natsPid: number | undefined;
  end(): Promise<void>;
}

const READY_MS = 120_000;
const STOP_MS = 20_000;
const SPREAD_MS = 60_000;

/** Starts `nodeCount` nodes, each with a copy of the record; 0: one node without a cluster. */
export async function startNodes(nodeCount: number): Promise<NodeProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-decisions-'));
  const children: Child[] = [];
  const killAll = (): void => children.forEach((child) => child.kill());
  process.once('exit', killAll);
  const end = async (): Promise<void> => {
    process.off('exit', killAll);
    // Servers are the first in the list, and the last to go: nodes hand over before.
    const servers = children.filter(({ name }) => name.startsWith('nats-'));
    await Promise.all(children.filter((child) => !servers.includes(child)).map((node) => node.stop(STOP_MS)));
    await Promise.all(servers.map((server) => server.stop(STOP_MS)));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const natsUrl = nodeCount === 0 ? undefined : await startServer(folder, children);
    const natsPid = children[0]?.pid;
    const names = Array.from({ length: Math.max(1, nodeCount) }, (_, index) => `node-${index + 1}`);
    const own = names.map((name) => startNode(name, join(folder, name), natsUrl));
    children.push(...own);
    const nodes = await Promise.all(own.map(ready));
    if (nodeCount > 0) await spread(nodes);
    return { nodes, natsPid, end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function startServer(folder: string, children: Child[]): Promise<string> {
  const binary = findNatsServer(() => undefined);
  const { url, servers } = await startNatsServers({
    ...{ binary, count: 1, folder: join(folder, 'nats'), onLine: () => undefined },
  });
  children.push(...servers);
  return url;
}

function startNode(name: string, dataDir: string, natsUrl: string | undefined): Child {
  mkdirSync(dataDir, { recursive: true });
  const { WITAN_STORE_NATS_URL: url, ...alone } = nodeEnvironment({
    ...{ name, dataDir, natsUrl: natsUrl ?? '', replicaCount: 1 },
  });
  return new Child({
    name,
    command: process.execPath,
    args: [
      ...['--max-semi-space-size=32', packageFile('dist/apps/cli/main.js'), 'start', '--json'],
      ...['--data-dir', dataDir, '--port', '0'],
    ],
    env: natsUrl === undefined ? alone : { ...alone, WITAN_STORE_NATS_URL: url },
    onLine: () => undefined,
  });
}

async function ready(child: Child): Promise<RunningProcess> {
  const { url } = JSON.parse(await child.says(/^\{"status"/, READY_MS)) as { url: string };
  return { name: child.name, pid: child.pid!, port: Number(new URL(url).port) };
}

/** Resolves when every shard has an owner, every node some, and every copy of the record is in the set. */
async function spread(nodes: readonly RunningProcess[]): Promise<void> {
  const end = performance.now() + SPREAD_MS;
  let last: ClusterView | undefined;
  while (performance.now() < end) {
    const response = await fetch(`http://127.0.0.1:${nodes[0]!.port}/api/v1/cluster`);
    if (response.ok) last = ClusterView.parse(await response.json());
    if (last && isSpread(last, nodes.length)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the cluster is not complete after ${SPREAD_MS} ms: ${JSON.stringify(last)}`);
}

function isSpread({ members, shards, log }: ClusterView, nodeCount: number): boolean {
  const fair = shards.count / nodeCount;
  return (
    members.length === nodeCount &&
    shards.free === 0 &&
    members.every(({ shardCount }) => shardCount > fair / 2) &&
    log?.inSync.length === nodeCount
  );
}

/** A file of the package, from the sources or from `dist`. */
function packageFile(path: string): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return join(here, here.includes(`${'dist'}/bench/`) ? '../../../..' : '../../..', path);
}
