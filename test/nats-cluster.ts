/** A cluster of NATS servers of a test's own: JetStream with copies on each, free ports, temporary stores. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { connectNats } from '../transport/nats/connect-nats.ts';
import type { NatsPorts } from '../transport/nats/connect-nats.ts';
import type { LoopbackProxy } from './loopback-proxy.ts';
import { startProxy } from './loopback-proxy.ts';
import { freePort, startNats } from './nats-server.ts';

/** A running cluster; servers are named by their index. */
export interface NatsCluster {
  /** All servers, separated by commas: what `url` of a connection takes. */
  readonly url: string;
  readonly urls: readonly string[];
  /** Before each server, when asked for; clients are told of no other address. */
  readonly proxies: readonly LoopbackProxy[];
  /** Ends one where it stands (SIGKILL). */
  kill(index: number): Promise<void>;
  /** SIGSTOP: its connections stay, it says nothing. */
  stop(index: number): Promise<void>;
  /** SIGCONT. */
  cont(index: number): void;
  /** Starts one again on its store and port. */
  restart(index: number): Promise<void>;
  /** Starts a killed one again on its port with nothing in its store: the others give it theirs. */
  replace(index: number): Promise<void>;
  /** Index of the server that leads a stream; waits until there is one, and it is none of `not`. */
  leaderOf(stream: string, not?: readonly number[]): Promise<number>;
  /** Resolves when streams with `replicaCount` copies can be made. */
  ready(replicaCount?: number): Promise<void>;
  /** Kills all and removes their stores. Idempotent. */
  end(): Promise<void>;
}

/** Settings of a cluster. */
export interface NatsClusterOptions {
  /** Default 3. */
  readonly serverCount?: number;
  /** Puts a proxy before each server (default false). */
  readonly isProxied?: boolean;
  /** Whether clients are told of the other servers (default true). */
  readonly isAdvertised?: boolean;
}

const ASK_MS = 400;
const READY_MS = 40_000;
const EMPTY = new Uint8Array();

interface ApiAnswer {
  readonly error?: { readonly description: string };
  readonly cluster?: { readonly leader?: string };
}

/** Starts a cluster with nothing in it, and waits until it takes streams with a copy on each server. */
export async function startNatsCluster(options: NatsClusterOptions = {}): Promise<NatsCluster> {
  const { serverCount = 3, isProxied = false, isAdvertised = true } = options;
  const routePorts = await Promise.all(Array.from({ length: serverCount }, freePort));
  const proxies = isProxied ? await Promise.all(Array.from({ length: serverCount }, () => startProxy())) : [];
  const servers = await Promise.all(
    routePorts.map((routePort, index) =>
      startNats({
        config: serverConfig(index, { routePort, routePorts, isAdvertised, proxy: proxies[index] }),
      }),
    ),
  );
  proxies.forEach((proxy, index) => proxy.target(servers[index]!.port));
  // Past the proxies: what the test does to them must not blind the one who asks.
  const direct = servers.map(({ url }) => url).join(',');
  const urls = servers.map(({ url }, index) => (isProxied ? proxies[index]!.url : url));
  let admin: Promise<NatsPorts> | undefined;
  const ask = async (subject: string, body?: object): Promise<ApiAnswer> => {
    admin ??= connectNats({ url: direct, name: 'fixture', reconnectWaitMs: 50, connectTimeoutMs: 1_000 });
    const data = body ? new TextEncoder().encode(JSON.stringify(body)) : EMPTY;
    const { requests } = await admin;
    const { data: answer } = await requests.send(`$JS.API.${subject}`, data, { timeoutMs: ASK_MS });
    return JSON.parse(new TextDecoder().decode(answer)) as ApiAnswer;
  };
  const cluster: NatsCluster = {
    url: urls.join(','),
    urls,
    proxies,
    kill: (index) => servers[index]!.kill(),
    stop: (index) => servers[index]!.freeze(),
    cont: (index) => servers[index]!.thaw(),
    restart: (index) => servers[index]!.restart(),
    replace(index) {
      rmSync(join(servers[index]!.folder, 'store'), { recursive: true, force: true });
      return servers[index]!.restart();
    },
    leaderOf: (stream, not = []) =>
      until(`a leader of ${stream}`, async () => {
        const { cluster: state } = await ask(`STREAM.INFO.${stream}`);
        const index = Number(/^n(\d+)$/.exec(state?.leader ?? '')?.[1] ?? -1);
        return index >= 0 && !not.includes(index) ? index : undefined;
      }),
    ready: (replicaCount = serverCount) =>
      until(`streams with ${replicaCount} copies`, async () => {
        const config = { name: 'READY', subjects: ['fixture.ready'], storage: 'memory' };
        const { error } = await ask('STREAM.CREATE.READY', { ...config, num_replicas: replicaCount });
        if (error) return undefined;
        await ask('STREAM.DELETE.READY');
        return true;
      }).then(() => undefined),
    async end() {
      for (const proxy of proxies) await proxy.end();
      await admin?.then((ports) => ports.close()).catch(() => undefined);
      await Promise.all(servers.map((server) => server.end()));
    },
  };
  try {
    await cluster.ready();
  } catch (error) {
    await cluster.end();
    throw error;
  }
  return cluster;
}

function serverConfig(
  index: number,
  parts: {
    routePort: number;
    routePorts: readonly number[];
    isAdvertised: boolean;
    proxy: LoopbackProxy | undefined;
  },
): string {
  const { routePort, routePorts, isAdvertised, proxy } = parts;
  const routes = routePorts.map((port) => `"nats-route://127.0.0.1:${port}"`).join(', ');
  const gossip = `no_advertise: ${!isAdvertised}`;
  return [
    `server_name: n${index}`,
    ...(proxy ? [`client_advertise: "127.0.0.1:${proxy.port}"`] : []),
    `cluster { name: test, listen: "127.0.0.1:${routePort}", routes: [${routes}], ${gossip} }`,
  ].join('\n');
}

/** Asks until the answer is there. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + READY_MS;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`no ${what} within ${READY_MS} ms (${String(last)})`);
}
