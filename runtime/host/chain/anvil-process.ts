/** One anvil as a child process: started, found ready, stopped by its process id. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { WitanError } from '../../../contracts/errors.ts';

/** How a process ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Last words of the process, at most 2,000 characters. */
  readonly output: string;
}

/** A process that listens. */
export interface AnvilProcess {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<ProcessEnd>;
  /** Asks it to end (it writes its state), kills it after `graceMs`. Idempotent. */
  stop(graceMs: number): Promise<ProcessEnd>;
  /** Ends it where it stands. */
  kill(): void;
}

/** Where and what to start. */
export interface AnvilOptions {
  readonly binary: string;
  readonly stateFile: string;
  readonly stateIntervalS: number;
  /** 0 for a free one. */
  readonly port: number;
  readonly chainId: number;
  /** Milliseconds until it must listen. */
  readonly readyMs: number;
}

/**
 * The flags without which anvil slows with height and loses pooled transactions (measured, docs/chain.md).
 * `--no-cors`: no page in a browser may drive the chain.
 */
const FLAGS = [
  ['--host', '127.0.0.1'],
  ['--hardfork', 'cancun'],
  ['--prune-history', '64'],
  ['--max-transactions', '100000'],
  ['--slots-in-an-epoch', '2'],
  ['--no-cors'],
].flat();

/**
 * Starts anvil and waits until it listens on loopback. About 90 ms.
 * @throws storage_failed when it refuses the state file; deadline_exceeded; unavailable for any other end
 */
export async function startAnvil(options: AnvilOptions): Promise<AnvilProcess> {
  const { stateFile, stateIntervalS, port, chainId } = options;
  const state = ['--state', stateFile, '--state-interval', `${stateIntervalS}`];
  const args = [...FLAGS, ...state, '--port', `${port}`, '--chain-id', `${chainId}`];
  // A group of its own: an interrupt at the terminal reaches the node alone, which then ends the chain.
  const child = spawn(options.binary, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const output = { text: '' };
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, signal: null, output: error.message }));
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, output: output.text.trim() }));
  });
  const listening = await readyPort(child, { output, ended, readyMs: options.readyMs });
  return {
    pid: child.pid!,
    port: listening,
    ended,
    async stop(graceMs) {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
      try {
        return await ended;
      } finally {
        clearTimeout(late);
      }
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

interface Waiting {
  readonly output: { text: string };
  readonly ended: Promise<ProcessEnd>;
  readonly readyMs: number;
}

function readyPort(child: ChildProcess, { output, ended, readyMs }: Waiting): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new WitanError('deadline_exceeded', `anvil does not listen after ${readyMs} ms`));
    }, readyMs);
    const take = (chunk: Buffer): void => {
      output.text = (output.text + chunk.toString()).slice(-2_000);
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output.text)?.[1];
      if (!port) return;
      clearTimeout(late);
      resolve(Number(port));
    };
    child.stdout!.on('data', take);
    child.stderr!.on('data', take);
    void ended.then((end) => {
      clearTimeout(late);
      reject(refusal(end));
    });
  });
}

function refusal(end: ProcessEnd): WitanError {
  const details = { exitCode: end.exitCode, signal: end.signal, output: end.output };
  // The only words by which anvil tells a bad state file from a bad flag.
  if (/value '.*' for '--state/.test(end.output))
    return new WitanError('storage_failed', 'anvil refuses its state file', details);
  return new WitanError('unavailable', 'anvil ended before it listened', details);
}
