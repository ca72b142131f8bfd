/** A Prometheus server of a test's own, and a receiver of its alerts; stopped by its process id. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Why no server can be started here; undefined when one can. */
export const PROMETHEUS_MISSING = ['prometheus', 'promtool'].some(
  (program) => spawnSync(program, ['--version']).status !== 0,
)
  ? 'the package prometheus is not installed'
  : undefined;

/** An alert as Prometheus sends it. */
export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A running server. */
export interface PrometheusServer {
  readonly url: string;
  /** Resolves with the first alert of that name that is sent. */
  alert(name: string): Promise<SentAlert>;
  end(): Promise<void>;
}

/** Starts a server that scrapes `target` (`host:port`) and evaluates `ruleFile`, both every second. */
export async function startPrometheus(target: string, ruleFile: string): Promise<PrometheusServer> {
  const folder = mkdtempSync('/tmp/witan-prometheus-');
  const seen = new Map<string, SentAlert>();
  const waiting = new Map<string, (alert: SentAlert) => void>();
  const receiver = await startReceiver((alert) => {
    const name = alert.labels['alertname'] ?? '';
    if (!seen.has(name)) seen.set(name, alert);
    waiting.get(name)?.(alert);
  });
  const alertmanager = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [ruleFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [{ job_name: 'witan', static_configs: [{ targets: [target] }] }],
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yaml'), JSON.stringify(config));
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  await new Promise<void>((ready, reject) => {
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
      if (output.includes('Server is ready')) ready();
    });
    child.once('exit', (code) => reject(new Error(`prometheus ended with ${code}: ${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    alert: (name) =>
      new Promise((resolve) => {
        const known = seen.get(name);
        if (known) resolve(known);
        else waiting.set(name, resolve);
      }),
    async end() {
      process.off('exit', kill);
      kill();
      await gone;
      receiver.closeAllConnections();
      await new Promise<void>((done) => receiver.close(() => done()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Takes what is meant for an Alertmanager. */
async function startReceiver(onAlert: (alert: SentAlert) => void): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      for (const alert of JSON.parse(Buffer.concat(chunks).toString()) as SentAlert[]) onAlert(alert);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => server.close(() => done()));
  return port;
}
