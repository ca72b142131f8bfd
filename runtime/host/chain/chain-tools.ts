/** Tools of `contracts/chain`: where their binaries lie, and their install on demand from the npm registry. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { PACKAGE_FOLDER } from '../package-info.ts';

/** Folder of the private package that holds the Solidity sources and the tools. */
export const CHAIN_FOLDER: string = join(PACKAGE_FOLDER, 'contracts/chain');

/** Tools that run as programs of their own. */
export type ChainTool = 'anvil' | 'forge';

const STAMP = 'node_modules/.witan-installed';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Settings of an install. */
export interface InstallOptions {
  /** Folder with `package.json` and lock (default {@link CHAIN_FOLDER}). */
  readonly folder?: string;
  /** Gets one line when the install starts and one when it has ended. */
  readonly tell?: (line: string) => void;
  /** Gives the install up. */
  readonly signal?: AbortSignal;
}

/**
 * Path of a tool's binary; undefined where it is not installed.
 *
 * The binary itself, not the script around it: what is started is what is signalled.
 */
export function chainToolPath(tool: ChainTool, folder: string = CHAIN_FOLDER): string | undefined {
  const name = `@foundry-rs/${tool}-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  try {
    const main = createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`);
    const path = join(dirname(main), 'bin', process.platform === 'win32' ? `${tool}.exe` : tool);
    return existsSync(path) ? path : undefined;
  } catch {
    // Not installed, or no such package for this platform.
    return undefined;
  }
}

/**
 * Installs what the lock of `contracts/chain` names; does nothing where that is there already.
 *
 * @returns whether anything was installed
 * @throws data_missing without a lock file; unavailable when npm fails, with its words in `details.output`;
 *   not_supported when the packages have no binary for this platform; cancelled
 */
export async function installChainTools(options: InstallOptions = {}): Promise<boolean> {
  const { folder = CHAIN_FOLDER, tell = () => {}, signal } = options;
  const lock = join(folder, 'package-lock.json');
  if (!existsSync(lock)) {
    throw new WitanError('data_missing', 'the package of the chain tools is not here', { path: lock });
  }
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex');
  const wanted = `${digest} ${process.platform}-${process.arch}`;
  const stamp = join(folder, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  tell('installing the chain tools (once, some 140 MB; needs the npm registry) …');
  await runNpm(folder, signal);
  const missing = (['anvil', 'forge'] as const).filter((tool) => !chainToolPath(tool, folder));
  if (missing.length > 0) {
    const platform = `${process.platform}-${process.arch}`;
    throw new WitanError('not_supported', `no ${missing.join(', ')} for ${platform}`, { platform });
  }
  await writeFile(stamp, wanted);
  tell('chain tools installed');
  return true;
}

function runNpm(folder: string, signal: AbortSignal | undefined): Promise<void> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // `npm ci` refuses a lock without an entry for each platform's optional package, and a lock can only hold
  // those that the registry had when it was written. `install --no-save` keeps to the lock and leaves it be.
  const args = ['install', '--no-save', '--include=dev', '--include=optional'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  return new Promise((resolve, reject) => {
    const child = spawn(npm, [...args, ...quiet], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    const take = (chunk: Buffer): void => {
      // The first words of npm say what is wrong, the last ones where its log is.
      if (output.length < 2_000) output = (output + chunk.toString()).slice(0, 2_000);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', (cause) => reject(npmFailed(signal, { output: cause.message }, cause)));
    child.once('close', (exitCode) => {
      if (exitCode === 0) resolve();
      else reject(npmFailed(signal, { output: output.trim(), exitCode }));
    });
  });
}

function npmFailed(signal: AbortSignal | undefined, details: object, cause?: unknown): WitanError {
  if (signal?.aborted) return new WitanError('cancelled', 'the install was given up', {}, cause);
  const what = 'the chain tools cannot be installed: npm install in contracts/chain failed';
  return new WitanError('unavailable', what, { ...details }, cause);
}
