/** Finds nats-server, or installs it; starts servers for a cluster on this machine. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { Child } from './child.ts';

/** How a missing program ends the command: a line for people, and the exit code. */
export class LaunchError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 8) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Path of nats-server; installed through apt-get where this process may. @throws LaunchError */
export function findNatsServer(note: (line: string) => void): string {
  const found = search();
  if (found) return found;
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    note('nats-server is not installed: installing it through apt-get (once) …');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'], env };
    spawnSync('apt-get', ['-qq', 'update'], options);
    spawnSync('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', 'nats-server'], options);
    const installed = search();
    if (installed) return installed;
    throw new LaunchError('apt-get could not install nats-server (its own message is above)');
  }
  throw new LaunchError(
    'nats-server is not installed: `sudo apt-get install nats-server`, or put its binary on the PATH',
  );
}

function search(): string | undefined {
  const own = process.env['NATS_SERVER'];
  return own ?? onPath('nats-server');
}

function onPath(program: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** What the servers of one cluster are started with. */
export interface NatsServersOptions {
  readonly binary: string;
  readonly count: number;
  readonly folder: string;
  /** Takes each line that a server prints. */
  readonly onLine: (name: string, line: string) => void;
}

/** Starts the servers and resolves when each says that it is ready. @throws LaunchError */
export async function startNatsServers(
  options: NatsServersOptions,
): Promise<{ readonly url: string; readonly servers: readonly Child[] }> {
  const { binary, count, folder, onLine } = options;
  const ports = await freePorts(count * 2);
  const routes = ports.slice(count).map((port) => `"nats-route://127.0.0.1:${port}"`);
  const servers = Array.from({ length: count }, (_, index) => {
    const name = `nats-${index + 1}`;
    const home = join(folder, name);
    mkdirSync(home, { recursive: true });
    const file = join(home, 'server.conf');
    const route = `127.0.0.1:${ports[count + index]}`;
    const cluster = `cluster { name: witan, listen: "${route}", routes: [${routes.join(', ')}] }`;
    writeFileSync(
      file,
      [
        `server_name: ${name}`,
        `listen: "127.0.0.1:${ports[index]}"`,
        `jetstream { store_dir: ${JSON.stringify(join(home, 'store'))} }`,
        ...(count > 1 ? [cluster] : []),
        '',
      ].join('\n'),
    );
    return new Child({ name, command: binary, args: ['-c', file], onLine: (line) => onLine(name, line) });
  });
  await Promise.all(servers.map((server) => server.says(/Server is ready/, 15_000)));
  const url = ports
    .slice(0, count)
    .map((port) => `nats://127.0.0.1:${port}`)
    .join(',');
  return { url, servers };
}

/** Ports of loopback that nobody listens on now; all are held until all are found. */
async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
