/** The command line as a process, for tests: runs one command to its end. */
import { spawn } from 'node:child_process';
import { witanCommand } from '../doors/witan-command.ts';

/** What one run of the command left. */
export interface WitanRun {
  readonly code: number | null;
  readonly out: string;
  readonly faults: string;
}

const COMMAND = witanCommand();

/** Runs `witan` with `args`, without any setting of this machine. */
export function runWitan(args: readonly string[], cwd: string): Promise<WitanRun> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('WITAN_'));
  const env = { ...Object.fromEntries(kept), NO_COLOR: '1' };
  const child = spawn(process.execPath, [...COMMAND, ...args], { cwd, env });
  let out = '';
  let faults = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, faults }));
  });
}
