/** A NATS server of a test's own: temporary store, a free port on loopback, stopped by its process id. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const BINARY = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  .map((folder) => join(folder, 'nats-server'))
  .find(isExecutable);

/** Why no server can be started here; undefined when one can. */
export const NATS_MISSING = BINARY ? undefined : 'no nats-server is installed';

/** A running server. */
export interface NatsServer {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** Ends it where it stands (SIGKILL). */
  kill(): Promise<void>;
  /** Stops it from running without ending it (SIGSTOP), and lets it run on (SIGCONT). */
  freeze(): Promise<void>;
  thaw(): void;
  /** Starts it again on its store and port. */
  restart(): Promise<void>;
  /** Kills it and removes its store. Idempotent. */
  end(): Promise<void>;
}

/** Settings of a server. */
export interface NatsServerOptions {
  /** Default true. */
  readonly jetStream?: boolean;
  /** Lines of the server's own configuration beside port and store. */
  readonly config?: string;
  /** The whole configuration instead; it must listen on that port of loopback. */
  readonly wholeConfig?: (place: { readonly port: number; readonly folder: string }) => string;
}

/** Starts a server with nothing in it. About 50 ms. */
export async function startNats({
  jetStream = true,
  config = '',
  wholeConfig,
}: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-nats-'));
  const port = await freePort();
  const file = join(folder, 'server.conf');
  const store = jetStream ? `jetstream { store_dir: "${join(folder, 'store')}" }` : '';
  const own = `listen: "127.0.0.1:${port}"\n${store}\n${config}\n`;
  writeFileSync(file, wholeConfig?.({ port, folder }) ?? own);
  let child = await started(file, port);
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const kill = async (): Promise<void> => {
    const gone = exited(child);
    killNow();
    await gone;
  };
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    folder,
    kill,
    async freeze() {
      child.kill('SIGSTOP');
      // The signal is on its way when `kill` returns; another core may still run the server.
      while (!/^\d+ \(.*\) T/.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')))
        await new Promise((done) => setImmediate(done));
    },
    thaw: () => void child.kill('SIGCONT'),
    async restart() {
      child = await started(file, port);
    },
    async end() {
      process.off('exit', killNow);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function started(file: string, port: number): Promise<ChildProcess> {
  const child = spawn(BINARY!, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
      if (/Server is ready/.test(output)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${output}`)));
  });
  await answers(port);
  return child;
}

/** Resolves when the port takes a connection. */
function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve()));
    socket.once('error', reject);
  });
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** A port of loopback that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
