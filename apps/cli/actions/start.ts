/** `witan start`: one node until it is interrupted. */
import { WitanError } from '../../../contracts/errors.ts';
import { createHost, createLogTelemetry } from '../../../index.ts';
import type { Host, LogLevel } from '../../../index.ts';
import type { CommandRun } from '../command.ts';
import { commandSettings } from '../running-node.ts';
import type { Terminal } from '../terminal.ts';

/** `witan start`: start a node and serve it until interrupted. */
export async function start({ terminal, options }: CommandRun): Promise<number> {
  const host = await createHost(hostConfig(options));
  await host.start({ signal: terminal.signal });
  await announce(host, terminal);
  await interrupted(terminal.signal);
  terminal.note(`witan: stopping; open decisions get up to ${host.settings.http.drainMs / 1_000} s`);
  await host.stop();
  return 0;
}

function hostConfig(options: Record<string, unknown>): Parameters<typeof createHost>[0] {
  const file = (options['config'] as string | undefined) ?? process.env['WITAN_CONFIG'];
  const { telemetry } = commandSettings(options);
  const { port, host, dataDir, memory, verbose, chain } = options as Record<string, string | undefined>;
  const isLogged = verbose !== undefined && telemetry.logLevel !== 'silent';
  return {
    env: process.env,
    ...(file !== undefined && { file }),
    ...(memory !== undefined ? { dataDir: null } : dataDir !== undefined && { dataDir }),
    settings: {
      ...(chain !== undefined && { chain: { dev: true } }),
      http: { ...(port !== undefined && { port: portNumber(port) }), ...(host !== undefined && { host }) },
    },
    ...(isLogged && {
      telemetry: createLogTelemetry({
        level: telemetry.logLevel as LogLevel,
        write: (text) => process.stderr.write(text),
      }),
    }),
  };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new WitanError('invalid_argument', `${text} is no port`, { path: '--port', expected: '0 to 65535' });
}

const HINT_OF_NATS = 'witan.v1.>, witan.v1.document.read describes them';

async function announce(host: Host, terminal: Terminal): Promise<void> {
  const { status, name, address, grpcAddress } = host;
  const nats = natsServers(host);
  const chain = await devChain(host);
  terminal.json({
    status,
    node: name,
    url: address?.url ?? null,
    page: address ? `${address.url}/` : null,
    grpc: grpcAddress?.target ?? null,
    nats,
    chain,
    key: host.pinnedKey(),
  });
  const { line, paint } = terminal;
  line(`${paint('good', 'ready')}  node ${name}, twelve seats`);
  if (!address) return;
  line(`  page   ${paint('mark', `${address.url}/`)}`);
  line(`  HTTP   ${address.url}/api/v1/decisions/evaluate   (${address.url}/openapi.json)`);
  if (grpcAddress) line(`  gRPC   ${grpcAddress.target}   (contracts/proto, reflection)`);
  const natsCheck = host.inspect.health().checks.find((check) => check.name === 'nats');
  const natsHint = natsCheck?.ok === false ? natsCheck.detail : HINT_OF_NATS;
  if (nats) line(`  NATS   ${nats.join(', ')}   (${natsHint})`);
  if (chain)
    line(`  chain  ${chain.url}   (dev chain ${chain.chainId}, anchors ${chain.addresses['AuditAnchor']})`);
  line(`  key    ${host.pinnedKey().logId} ${host.pinnedKey().publicKeys[0]}   (checks records)`);
  line(`  access ${accessHint(host)}`);
  line('');
  line('In a second terminal:  npx witan decide examples/decisions/loan-denial.json');
}

/** Servers of the NATS door as `host:port`: their URLs may hold a password. Null without such a door. */
function natsServers({ settings: { nats, node } }: Host): readonly string[] | null {
  if (nats.url === '' || !node.roles.includes('gateway')) return null;
  return nats.url.split(',').map((server) => {
    const text = server.trim();
    return new URL(text.includes('://') ? text : `nats://${text}`).host;
  });
}

interface DevChainView {
  readonly url: string;
  readonly chainId: number;
  readonly addresses: Readonly<Record<string, string>>;
}

/** Where the dev chain is, once the contracts stand on it; null without one. */
async function devChain(host: Host): Promise<DevChainView | null> {
  if (!host.settings.chain.dev || !host.settings.node.roles.includes('platform')) return null;
  const { url, chainId, addresses } = (await host.ask(
    '/platform/dev-chain',
    { type: 'where' },
    { timeoutMs: 30_000 },
  )) as DevChainView;
  return { url, chainId, addresses };
}

function accessHint({ settings }: Host): string {
  const make = 'npx witan keys create --role submitter';
  return settings.identity.trustLoopback
    ? `no key from this machine over HTTP and gRPC; else ${make}`
    : `with a key alone; the first: npx witan keys bootstrap, then ${make}`;
}

function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
