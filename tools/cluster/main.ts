/**
 * `npm run cluster -- --nodes 3`: NATS and several nodes on this machine, until one Ctrl-C.
 *
 * Nodes have their own data folders and free ports; their output is prefixed with their names. All are ended
 * in order, nodes before the servers that they need, each within a bounded time.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import { Child } from './child.ts';
import { HELP, launchOptions, nodeEnvironment } from './cluster-settings.ts';
import type { LaunchOptions } from './cluster-settings.ts';
import { ClusterLock } from './lock-file.ts';
import { findNatsServer, LaunchError, startNatsServers } from './nats-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const READY_MS = 120_000;
const NODE_STOP_MS = 20_000;
const SERVER_STOP_MS = 5_000;
const COLOURS = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;

interface Started {
  readonly name: string;
  readonly url: string;
  readonly grpc: string | null;
  readonly child: Child;
}

const options = readOptions();
const note = (line: string): void => void process.stderr.write(`cluster: ${line}\n`);
const say = (line: string): void => {
  if (!options.isJson) process.stdout.write(`${line}\n`);
};
const tell = (value: object): void => {
  if (options.isJson) process.stdout.write(`${JSON.stringify(value)}\n`);
};

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());
const interrupted = new Promise<void>((done) => interrupt.signal.addEventListener('abort', () => done()));

const lock = new ClusterLock(options.folder);
const servers: Child[] = [];
const nodes: Child[] = [];
// Whatever ends this process, nothing of the cluster outlives it.
process.on('exit', () => [...nodes, ...servers].forEach((child) => child.kill()));

try {
  lock.take(note);
  try {
    process.exitCode = await run();
  } finally {
    await stopAll();
    lock.release();
  }
} catch (error) {
  note((error as Error).message);
  tell({ event: 'failed', message: (error as Error).message });
  process.exitCode = error instanceof LaunchError ? error.exitCode : 1;
}

function readOptions(): LaunchOptions {
  try {
    const read = launchOptions(process.argv.slice(2));
    if (!read.isHelp) return read;
    process.stdout.write(HELP);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`cluster: ${(error as Error).message}\n`);
    process.exit(2);
  }
}

/** Starts all, waits for the interrupt; the exit code. */
async function run(): Promise<number> {
  const { folder, isKept, nodeCount, serverCount } = options;
  if (!isKept)
    for (const part of ['nats', 'nodes']) rmSync(join(folder, part), { recursive: true, force: true });
  const binary = findNatsServer(note);
  const started = await startNatsServers({
    binary,
    count: serverCount,
    folder: join(folder, 'nats'),
    onLine: () => undefined,
  });
  servers.push(...started.servers);
  const names = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`);
  for (const [index, name] of names.entries()) nodes.push(startNode(name, index, started.url));
  lock.write([...servers, ...nodes].flatMap(({ pid }) => pid ?? []));
  const isUp = Promise.all(nodes.map(ready));
  isUp.catch(() => undefined);
  const up = await Promise.race([isUp, interrupted.then(() => undefined)]);
  if (up === undefined) return 130;
  announce(up, started.url);
  const first = Promise.race(
    [...nodes, ...servers].map(async (child) => ({ name: child.name, how: await child.ended })),
  );
  // One node less is what a cluster is for: only the last one, or a server, ends the whole.
  for (;;) {
    const ended = await Promise.race([first, interrupted.then(() => undefined)]);
    if (ended === undefined) return 0;
    note(`${ended.name} has ended (${ended.how})`);
    tell({ event: 'ended', name: ended.name, how: ended.how });
    if (servers.some((server) => !server.isRunning) || nodes.every((node) => !node.isRunning)) return 1;
    await interrupted;
    return 0;
  }
}

function startNode(name: string, index: number, natsUrl: string): Child {
  const dataDir = join(options.folder, 'nodes', name);
  mkdirSync(dataDir, { recursive: true });
  const replicaCount = Math.min(3, options.serverCount);
  const args = ['--max-semi-space-size=32', join(ROOT, 'dist/apps/cli/main.js'), 'start', '--json'];
  const colour = COLOURS[index % COLOURS.length]!;
  const prefix = process.stdout.isTTY ? styleText(colour, `${name} |`) : `${name} |`;
  return new Child({
    name,
    command: process.execPath,
    args: [...args, '--data-dir', dataDir, '--port', '0', ...(options.isVerbose ? ['--verbose'] : [])],
    env: nodeEnvironment({ name, dataDir, natsUrl, replicaCount }),
    onLine: (line) => {
      // What it says of itself at its start stands in the table.
      if (!line.startsWith('{"status"')) say(`${prefix} ${line}`);
    },
  });
}

async function ready(child: Child): Promise<Started> {
  const line = await child.says(/^\{"status"/, READY_MS);
  const { url, grpc } = JSON.parse(line) as { url: string; grpc: string | null };
  return { name: child.name, url, grpc, child };
}

function announce(up: readonly Started[], natsUrl: string): void {
  tell({
    event: 'ready',
    nats: natsUrl.split(','),
    nodes: up.map(({ name, url, grpc, child }) => ({ name, url, grpc, pid: child.pid ?? null })),
  });
  say('');
  say(`${'node'.padEnd(10)} ${'page and HTTP'.padEnd(28)} ${'gRPC'.padEnd(18)} process`);
  for (const { name, url, grpc, child } of up)
    say(`${name.padEnd(10)} ${`${url}/`.padEnd(28)} ${(grpc ?? '-').padEnd(18)} ${child.pid}`);
  say(`NATS       ${natsUrl}`);
  say('');
  say('In a second terminal:');
  say(`  npx witan decide examples/decisions/loan-denial.json --url ${up[0]!.url}`);
  say(`  npx witan cluster status --url ${up[0]!.url}`);
  say('Ctrl-C ends all of it.');
}

/** Nodes first, all at once, so that they can hand over and give their leases up; then the servers. */
async function stopAll(): Promise<void> {
  if ([...nodes, ...servers].every((child) => !child.isRunning)) return;
  note('stopping …');
  const ends = await Promise.all(nodes.map((node) => node.stop(NODE_STOP_MS)));
  for (const [index, how] of ends.entries())
    if (how === 'SIGKILL') note(`${nodes[index]!.name} did not stop within ${NODE_STOP_MS / 1_000} s`);
  await Promise.all(servers.map((server) => server.stop(SERVER_STOP_MS)));
  tell({ event: 'stopped' });
}
