/** Blocks of shell commands as processes: one that ends, and one that goes on until it is stopped. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { patientEnvironment } from './patient-environment.ts';

/** A block that runs in the background. */
export interface StartedBlock {
  /** What it had printed when it was ready. */
  readonly out: string;
  /** Ends all its processes and resolves when they are gone. */
  stop(): Promise<void>;
}

/** Where a block runs, and until when. */
export interface BlockOptions {
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Runs a block to its end; its exit code is that of its last command, or of the first that fails. */
export async function runBlock(
  script: string,
  options: BlockOptions,
): Promise<{ code: number | null; out: string }> {
  const { child, output } = begin(script, options);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: output() };
}

/** Starts a block and resolves when it has printed `words`. */
export async function startBlock(
  script: string,
  { words, ...options }: BlockOptions & { readonly words: string },
): Promise<StartedBlock> {
  const { child, output } = begin(script, options);
  const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', () => output().includes(words) && resolve());
    void gone.then((code) => reject(new Error(`it left with ${code} before it was ready: ${output()}`)));
  });
  const stop = async (): Promise<void> => {
    endGroup(child, 'SIGTERM');
    await gone;
  };
  return { out: output(), stop };
}

function begin(
  script: string,
  { folder, signal }: BlockOptions,
): { child: ChildProcess; output: () => string } {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: patientEnvironment({ WITAN_HTTP_PORT: '0' }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what the shell has started ends with it.
    detached: true,
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const end = (): void => endGroup(child, 'SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  process.once('exit', end);
  child.once('close', () => process.off('exit', end));
  return { child, output: () => out };
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid!, signal);
}
