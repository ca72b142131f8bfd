/** Parts of the launcher: its arguments, the programs that it runs, and who may run in a folder. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../../test/harness.ts';
import { Child } from './child.ts';
import { launchOptions, nodeEnvironment } from './cluster-settings.ts';
import { ClusterLock } from './lock-file.ts';
import { LaunchError } from './nats-server.ts';

const test = suite('cluster launcher', { limitMs: 20_000 });

const script = (code: string, lines: string[] = []): Child =>
  new Child({
    name: 'child',
    command: process.execPath,
    args: ['-e', code],
    onLine: (line) => void lines.push(line),
  });

function fails(work: () => unknown): LaunchError {
  try {
    work();
  } catch (error) {
    assert.instance(error, LaunchError);
    return error as LaunchError;
  }
  throw new Error('it did not fail');
}

test('arguments have bounds, and faults are those of usage', () => {
  const { nodeCount, serverCount, isKept } = launchOptions([]);
  assert.equal([nodeCount, serverCount, isKept], [3, 1, false]);
  assert.is(launchOptions(['--nodes', '5', '--servers', '3', '--keep']).nodeCount, 5);
  for (const args of [['--nodes', '0'], ['--nodes', '17'], ['--servers', '2'], ['--nods', '3'], ['more']])
    assert.is(fails(() => launchOptions(args)).exitCode, 2);
});

test('a node’s environment holds known settings alone', () => {
  const place = { name: 'node-2', dataDir: 'd', natsUrl: 'nats://h:1', replicaCount: 3 };
  const env = nodeEnvironment(place);
  assert.is(env['WITAN_NODE_NAME'], 'node-2');
  assert.is(env['WITAN_STORE_NATS_URL'], 'nats://h:1');
  assert.is(env['WITAN_HTTP_PORT'], '0');
  // Nodes of a cluster do not share the keys of sealed records.
  assert.is(env['WITAN_PRIVACY_SEAL_INPUT'], 'never');
  assert.is(env['PATH'], process.env['PATH']);
});

test('a program’s lines are told, and it ends when it is asked', async () => {
  const lines: string[] = [];
  const child = script('console.log("ready"); console.error("note"); setInterval(() => {}, 1000)', lines);
  // Two streams: neither line waits for the other.
  assert.is(await child.says(/rea/, 10_000), 'ready');
  assert.is(await child.says(/not/, 10_000), 'note');
  assert.is(await child.stop(5_000), 'SIGTERM');
  assert.is(await child.stop(5_000), 'SIGTERM');
  assert.not(child.isRunning);
  assert.equal(lines.sort(), ['note', 'ready']);
});

test('one that does not end by itself is ended', async () => {
  const child = script('process.on("SIGTERM", () => {}); console.log("deaf"); setInterval(() => {}, 1000)');
  await child.says(/deaf/, 10_000);
  assert.is(await child.stop(200), 'SIGKILL');
});

test('one that ends before it is ready says how, with its last lines', async () => {
  const child = script('console.log("port taken"); process.exit(3)');
  let message = '';
  await child.says(/ready/, 10_000).catch((error: Error) => (message = error.message));
  assert.match(message, /exit code 3[^]*port taken/);
  const missing = new Child({ name: 'none', command: '/no/such/program', args: [], onLine: () => undefined });
  assert.match(await missing.ended, /ENOENT/);
});

test('a folder is for one launcher; what a killed one left is ended by the next', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-launch-'));
  try {
    const first = new ClusterLock(folder);
    first.take(() => undefined);
    assert.is(fails(() => new ClusterLock(folder).take(() => undefined)).exitCode, 1);
    const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const ended = new Promise<unknown>((done) => left.once('exit', (_code, signal) => done(signal)));
    first.write([left.pid!]);
    // The launcher is gone: no process has both its number and its beginning.
    const file = join(folder, 'running.json');
    const { children } = JSON.parse(readFileSync(file, 'utf8')) as { children: unknown };
    writeFileSync(file, JSON.stringify({ launcher: { pid: process.pid, startTicks: '1' }, children }));
    const notes: string[] = [];
    new ClusterLock(folder).take((line) => void notes.push(line));
    assert.is(await ended, 'SIGKILL');
    assert.is(notes.length, 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
