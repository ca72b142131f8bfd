/** Runs forge in `contracts/chain`, with nothing of the user's own configuration. */
import { spawnSync } from 'node:child_process';
import { CHAIN_FOLDER, chainToolPath } from '../../runtime/host/chain/chain-tools.ts';

/** Why forge cannot run here; undefined when it can. */
export const FORGE_MISSING: string | undefined = chainToolPath('forge')
  ? undefined
  : 'the chain tools are not installed (npm test installs them; needs the npm registry)';

/** What a run of forge gave. */
export interface ForgeRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs forge with `args`; `env` is added to a small environment. */
export function runForge(args: readonly string[], env: Readonly<Record<string, string>> = {}): ForgeRun {
  const run = spawnSync(chainToolPath('forge')!, [...args], {
    cwd: CHAIN_FOLDER,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      FOUNDRY_DISABLE_NIGHTLY_WARNING: '1',
      NO_COLOR: '1',
      ...env,
    },
  });
  if (run.error) throw run.error;
  return { exitCode: run.status, stdout: run.stdout, stderr: run.stderr };
}
