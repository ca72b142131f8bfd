/**
 * A PostgreSQL server of a test's own: temporary data, a free port on loopback, stopped by its process id.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';

const BIN = (() => {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .filter((version) => version >= 15)
    : [];
  return versions.length === 0 ? undefined : join(root, String(Math.min(...versions)), 'bin');
})();

/** Why no server can be started here; undefined when one can. */
export const POSTGRES_MISSING =
  BIN && existsSync(join(BIN, 'postgres')) ? undefined : 'no PostgreSQL 15 or newer is installed';

/** A running server. */
export interface PostgresServer {
  readonly port: number;
  /** URL of a database of its superuser, or of another user; all may enter without a password. */
  url(database: string, user?: string): string;
  /** Makes an empty database, or a copy of `template`; gives its name. */
  makeDatabase(template?: string): Promise<string>;
  /** Runs statements as superuser in the database `postgres`. */
  run(text: string): Promise<void>;
  /** Ends all of its processes where they stand (SIGKILL). */
  kill(): Promise<void>;
  /** Ends it in order, without waiting for clients. */
  halt(): Promise<void>;
  /** Starts it again on its data and port; recovers first. */
  restart(): Promise<void>;
  /** Kills it and removes its data. Idempotent. */
  end(): Promise<void>;
}

/** Starts a server with nothing in it. About a second. */
export async function startPostgres(): Promise<PostgresServer> {
  const owner = serverUser();
  const folder = mkdtempSync('/tmp/witan-postgres-');
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const initArgs = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ];
  const init = spawnSync(join(BIN!, 'initdb'), initArgs, { ...owner, cwd: folder, encoding: 'utf8' });
  if (init.status !== 0) throw new Error(`initdb: ${init.stderr}`);
  const port = await freePort();
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
  ];
  const start = (): Promise<ChildProcess> =>
    started(
      spawn(join(BIN!, 'postgres'), args, { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] }),
    );
  let child = await start();
  const killNow = (): void => {
    for (const pid of [child.pid!, ...childrenOf(child.pid!)]) sendSignal(pid, 'SIGKILL');
  };
  process.once('exit', killNow);
  const kill = async (): Promise<void> => {
    const gone = exited(child);
    const others = childrenOf(child.pid!);
    killNow();
    await gone;
    // A new server refuses the data while a process of the old one is still there.
    while (others.some((pid) => existsSync(`/proc/${pid}`))) await new Promise((done) => setImmediate(done));
  };
  const url = (database: string, user = 'postgres'): string =>
    `postgres://${user}@127.0.0.1:${port}/${database}`;
  const run = async (text: string): Promise<void> => {
    const client = new pg.Client(url('postgres'));
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  let made = 0;
  return {
    port,
    url,
    run,
    kill,
    async makeDatabase(template) {
      const name = `test_${(made += 1)}`;
      await run(`CREATE DATABASE ${name}${template ? ` TEMPLATE ${template}` : ''}`);
      return name;
    },
    async halt() {
      const gone = exited(child);
      child.kill('SIGINT');
      await gone;
    },
    async restart() {
      child = await start();
    },
    async end() {
      process.off('exit', killNow);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('postgres:'))!;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function started(child: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
      if (/ready to accept connections/.test(output)) resolve(child);
    });
    child.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${output}`)));
  });
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Its processes leave its process group, so they are found by their parent. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
