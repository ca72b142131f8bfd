/** The dev chain of one node: an anvil of its own, on loopback, whose state outlives it. */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../kernel/clock.ts';
import { makePrivateFolder } from '../../store/synced-file.ts';
import { startAnvil } from './anvil-process.ts';
import type { AnvilOptions, AnvilProcess, ProcessEnd } from './anvil-process.ts';
import { chainToolPath } from './chain-tools.ts';
import { DevChainState } from './dev-chain-state.ts';

/** Chain id of a dev chain; wallets know it as a local one. */
export const DEV_CHAIN_ID = 31_337;

/** Settings of a dev chain. */
export interface DevChainOptions {
  /** Folder of its state; made where it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  /** Default: the installed one. */
  readonly binary?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Seconds between two dumps of the state (default 5): what a kill may cost. */
  readonly stateIntervalS?: number;
  /** Milliseconds until it must listen (default 10,000). */
  readonly readyMs?: number;
  /** Gets what an operator should know: a state that was damaged, a process that was left over. */
  readonly warn?: (message: string, details: Record<string, unknown>) => void;
}

/** A chain that runs. */
export interface DevChain {
  /** JSON-RPC over HTTP and WebSocket. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly chainId: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<ProcessEnd>;
  /** Lets it write its state and ends it. Idempotent. */
  stop(): Promise<void>;
  /** Ends it where it stands; for tests and drills. */
  kill(): void;
}

const GRACE_MS = 10_000;

/**
 * Starts the chain on the state of its folder, or on the state's backup where anvil refuses it.
 * @throws data_missing without anvil; storage_failed when neither state nor backup can be read: it never
 *   goes on with an empty chain; unavailable, deadline_exceeded
 */
export async function startDevChain(options: DevChainOptions): Promise<DevChain> {
  const { folder, clock, warn = () => {}, stateIntervalS = 5 } = options;
  const binary = options.binary ?? chainToolPath('anvil');
  if (!binary) throw new WitanError('data_missing', 'anvil is not installed', { tool: 'anvil' });
  await makePrivateFolder(folder);
  const pidFile = join(folder, 'anvil.pid');
  const state = new DevChainState(folder);
  const left = endLeftOver(pidFile, state.file);
  if (left !== undefined) warn('a dev chain that was left over was ended', { pid: left });
  const { port = 0, readyMs = 10_000 } = options;
  const anvil = await startOnState(
    { binary, stateFile: state.file, stateIntervalS, port, readyMs, chainId: DEV_CHAIN_ID },
    state,
    warn,
  );
  await writeFile(pidFile, `${anvil.pid}\n`, { mode: 0o600 });
  const stopKeeping = keepBackups(state, clock, stateIntervalS * 1_000);
  const ended = anvil.ended.then((end) => {
    stopKeeping();
    return end;
  });
  return {
    url: `http://127.0.0.1:${anvil.port}`,
    port: anvil.port,
    pid: anvil.pid,
    chainId: DEV_CHAIN_ID,
    ended,
    async stop() {
      stopKeeping();
      await anvil.stop(GRACE_MS);
      await rm(pidFile, { force: true });
    },
    kill: () => anvil.kill(),
  };
}

type Warn = NonNullable<DevChainOptions['warn']>;

async function startOnState(options: AnvilOptions, state: DevChainState, warn: Warn): Promise<AnvilProcess> {
  const hadState = await state.prepare();
  try {
    const anvil = await startAnvil(options);
    await state.accepted();
    return anvil;
  } catch (error) {
    if (!hadState || !(error instanceof WitanError) || error.code !== 'storage_failed') throw error;
    const { damaged, restored } = await state.setAside();
    if (!restored) {
      const what = 'the state of the dev chain is damaged and has no backup';
      throw new WitanError('storage_failed', what, { damaged, expected: 'delete it to start anew' }, error);
    }
    warn('the state of the dev chain was damaged; its backup took its place', { damaged });
    return startAnvil(options);
  }
}

/** Renews the backup once in each dump interval, between two dumps. */
function keepBackups(state: DevChainState, clock: Clock, intervalMs: number): () => void {
  let timer: TimerHandle | undefined;
  let open = true;
  const keep = async (): Promise<void> => {
    // A copy that fails leaves the backup that stands; the next turn tries again.
    await state.keep(clock.wallMs(), intervalMs / 5).catch(() => false);
    if (open) timer = clock.setTimer(intervalMs / 2, () => void keep());
  };
  timer = clock.setTimer(intervalMs / 2, () => void keep());
  return () => {
    open = false;
    timer?.cancel();
  };
}

/**
 * Ends the anvil of a node that was killed. Only a process that names this very state file is ended.
 * @returns its id; undefined where nothing was left over
 */
export function endLeftOver(pidFile: string, stateFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(stateFile)) return undefined;
    process.kill(pid, 'SIGKILL');
    return pid;
  } catch {
    // No such file, or no such process: nothing was left over.
    return undefined;
  }
}
