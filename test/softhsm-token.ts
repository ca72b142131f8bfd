/** A PKCS #11 token in software, in a temporary folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODULES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm2.so'];

/** Why there is no token; undefined when there can be one. */
export const SOFTHSM_MISSING: string | undefined =
  spawnSync('softhsm2-util', ['--version']).status === 0 &&
  spawnSync('pkcs11-tool', ['--help']).error === undefined &&
  MODULES.some(existsSync)
    ? undefined
    : 'softhsm2 and opensc are not installed';

/** A fresh token. */
export interface SoftToken {
  readonly modulePath: string;
  readonly tokenLabel: string;
  readonly pin: string;
  readonly environment: Readonly<Record<string, string>>;
  end(): void;
}

/** Makes a token with nothing on it. */
export function softToken(): SoftToken {
  const folder = mkdtempSync(join(tmpdir(), 'witan-softhsm-'));
  mkdirSync(join(folder, 'tokens'));
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(
    configuration,
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`,
  );
  const environment = { SOFTHSM2_CONF: configuration };
  const [tokenLabel, pin] = ['witan', '246810'];
  const args = ['--init-token', '--free', '--label', tokenLabel, '--pin', pin, '--so-pin', '13579111'];
  const made = spawnSync('softhsm2-util', args, {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`no token: ${made.stdout}${made.stderr}`);
  const end = (): void => rmSync(folder, { recursive: true, force: true });
  return { modulePath: MODULES.find(existsSync)!, tokenLabel, pin, environment, end };
}
