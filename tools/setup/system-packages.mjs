/** System packages that some tests need: installed through apt-get where that is possible, else named. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the tests need beyond npm, with a program that shows it is there. */
export const SYSTEM_PACKAGES = [
  { name: 'chromium', program: 'chromium', for: 'browser tests' },
  { name: 'postgresql', program: '/usr/lib/postgresql/15/bin/postgres', for: 'the PostgreSQL stores' },
  { name: 'nats-server', program: 'nats-server', for: 'NATS: bus, key-value store, work queue, door' },
  { name: 'prometheus', program: 'promtool', for: 'metrics and alert rules' },
  { name: 'prometheus-alertmanager', program: 'amtool', for: 'routes of alerts' },
  { name: 'strace', program: 'strace', for: 'the proof that an append is synced' },
  { name: 'softhsm2', program: 'softhsm2-util', for: 'a PKCS #11 token in software' },
  { name: 'opensc', program: 'pkcs11-tool', for: 'calls to PKCS #11 tokens' },
  { name: 'git', program: 'git', for: 'the checks of the repository itself' },
];

/** Installs what is missing when root and apt-get are there; returns the packages that stay missing. */
export function ensureSystemPackages() {
  const missing = SYSTEM_PACKAGES.filter((one) => !hasProgram(one.program));
  if (missing.length === 0) return [];
  if (process.getuid?.() !== 0 || !hasProgram('apt-get')) return missing;
  process.stderr.write(`witan: installing ${missing.map((one) => one.name).join(', ')} through apt-get …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { stdio: ['ignore', 'ignore', 2], env };
  spawnSync('apt-get', ['-qq', 'update'], options);
  const names = missing.map((one) => one.name);
  spawnSync('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...names], options);
  return missing.filter((one) => !hasProgram(one.program));
}

function hasProgram(program) {
  const places = program.startsWith('/')
    ? [program]
    : (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, program));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
