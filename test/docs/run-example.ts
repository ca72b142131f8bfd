/** One example as a process, and what it left. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { patientEnvironment } from './patient-environment.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What a run left. */
export interface ExampleRun {
  readonly code: number | null;
  readonly out: string;
  readonly faults: string;
}

/** Runs a file with its arguments, under no setting but those named, until it ends or `signal` aborts. */
export function runExample(
  args: readonly string[],
  signal: AbortSignal,
  settings: Readonly<Record<string, string>> = {},
): Promise<ExampleRun> {
  const child = spawn(process.execPath, [...SOURCE_FLAGS, ...args], {
    cwd: ROOT,
    env: patientEnvironment(settings),
    signal,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let faults = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, faults }));
  });
}
