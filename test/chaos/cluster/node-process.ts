/** A node of the cluster as a process of its own, whose ways to the NATS servers lead through proxies. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseOpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { Child } from '../../../tools/cluster/child.ts';
import { nodeEnvironment } from '../../../tools/cluster/cluster-settings.ts';
import type { LoopbackProxy } from '../../loopback-proxy.ts';

/** Where a node is and what it joins. */
export interface NodeProcessOptions {
  readonly name: string;
  /** Folder of the run: the node's data, its log lines, its clock. */
  readonly folder: string;
  /** One before each server. */
  readonly proxies: readonly LoopbackProxy[];
  /** `node` arguments up to the command's own. */
  readonly command: readonly string[];
  readonly replicaCount: number;
  /** Makes an empty database for the node's index and gives its URL; absent: the embedded one. */
  readonly newDatabase?: (() => Promise<string>) | undefined;
}

const READY_MS = 60_000;
const STOP_MS = 20_000;
const CLOCK = pathToFileURL(join(import.meta.dirname, 'skewed-clock.mjs')).href;

/** See the head of the file. */
export class NodeProcess {
  readonly name: string;
  readonly dataDir: string;
  readonly proxies: readonly LoopbackProxy[];
  /** Keys that heads of the log may bear, of each start: with a new disk comes another. */
  readonly pinned: PinnedKey[] = [];
  readonly #options: NodeProcessOptions;
  #child: Child | undefined;
  #url = '';
  #databaseUrl: string | undefined;
  #clock = { fromMs: 0, offsetMs: 0, rate: 1, wallMs: 0 };

  constructor(options: NodeProcessOptions) {
    this.name = options.name;
    this.proxies = options.proxies;
    this.dataDir = join(resolve(options.folder), options.name);
    this.#options = options;
    this.#writeClock();
    // Whatever ends this process, the node does not outlive it.
    process.once('exit', () => this.#child?.kill());
  }

  /** Of its last start; nobody may be there now. */
  get url(): string {
    return this.#url;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child?.isRunning === true;
  }

  /** Starts it on its folder; resolves when it is ready. Rejects with its last lines. */
  async start(): Promise<void> {
    const { name, proxies, command, folder, replicaCount, newDatabase } = this.#options;
    this.#databaseUrl ??= await newDatabase?.();
    mkdirSync(this.dataDir, { recursive: true });
    const natsUrl = proxies.map(({ url }) => url).join(',');
    const log = join(folder, `${name}.log`);
    this.#child = new Child({
      name,
      command: process.execPath,
      args: [...command, 'start', '--json', '--verbose', '--data-dir', this.dataDir, '--port', '0'],
      env: {
        ...nodeEnvironment({ name, dataDir: this.dataDir, natsUrl, replicaCount }),
        WITAN_PRIVACY_SEAL_INPUT: 'never',
        ...(this.#databaseUrl !== undefined && { WITAN_STORE_DATABASE_URL: this.#databaseUrl }),
        CHAOS_CLOCK_FILE: this.#clockFile,
        NODE_OPTIONS: `--import=${CLOCK}`,
      },
      onLine: (line) => appendFileSync(log, `${Math.round(performance.now())} ${line}\n`),
    });
    const line = await this.#child.says(/^\{"status"/, READY_MS);
    const { url, key } = JSON.parse(line) as { url: string; key: PinnedKey };
    this.#url = url;
    this.pinned.push(key);
  }

  /** Entries under the newest head of its copy; 0: it shows none. */
  async headSize(): Promise<number> {
    try {
      const answer = await fetch(`${this.#url}/api/v1/log/checkpoint`, {
        signal: AbortSignal.timeout(2_000),
      });
      return answer.ok ? parseOpenCheckpoint(await answer.text()).size : 0;
    } catch {
      return 0;
    }
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child?.kill();
    await this.#child?.ended;
  }

  /** SIGSTOP: its connections stay, it says nothing. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  /** SIGCONT. */
  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** Removes everything that it had on its disk. */
  loseDisk(): void {
    this.#databaseUrl = undefined;
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Its clocks gain `rate - 1` ms a ms from now on; the wall clock is `wallMs` off at once. */
  skew({ rate, wallMs }: { readonly rate: number; readonly wallMs: number }): void {
    const nowMs = Number(process.hrtime.bigint() / 1_000n) / 1_000;
    const { fromMs, offsetMs, rate: before } = this.#clock;
    // What was gained stays: a monotonic clock never goes back.
    this.#clock = { fromMs: nowMs, offsetMs: offsetMs + (nowMs - fromMs) * (before - 1), rate, wallMs };
    this.#writeClock();
  }

  /** Asks it to end, and ends it when it has not in time. */
  async end(): Promise<void> {
    if (!this.isRunning) return;
    this.thaw();
    await this.#child!.stop(STOP_MS);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.isRunning) process.kill(this.pid!, signal);
  }

  get #clockFile(): string {
    return join(resolve(this.#options.folder), `${this.#options.name}.clock`);
  }

  #writeClock(): void {
    mkdirSync(this.#options.folder, { recursive: true });
    writeFileSync(this.#clockFile, JSON.stringify(this.#clock));
  }
}
