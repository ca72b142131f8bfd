/** One process per log: a lock file names its holder, and a holder that is gone is replaced. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import type { LogFileSystem } from './file-system.ts';

const Holder = z.object({ pid: z.int(), host: z.string(), incarnation: z.string() });
type Holder = z.infer<typeof Holder>;

// Process-wide on purpose: a crash can leave a lock with the pid that we were given again.
const heldHere = new WeakMap<LogFileSystem, Set<string>>();

/** A held lock. */
export interface LogLock {
  /** Gives the log free. Idempotent. */
  release(): Promise<void>;
}

/** Tells whether the process that wrote a lock still runs. */
export type IsRunning = (pid: number, incarnation: string) => boolean;

/**
 * Takes the lock of a log folder. A lock left by a process of this machine that is gone is taken over.
 * @throws already_exists while another process, or this one, holds it
 */
export async function takeLock(
  fs: LogFileSystem,
  folder: string,
  isRunning: IsRunning = isProcessRunning,
): Promise<LogLock> {
  const path = join(folder, 'lock');
  const name = resolve(path);
  const held = heldHere.get(fs) ?? new Set();
  heldHere.set(fs, held);
  if (held.has(name)) throw heldBy(path, 'this process');
  // Claimed before the first await, so that two opens of one process cannot both pass.
  held.add(name);
  try {
    await writeLock(fs, path, isRunning);
  } catch (error) {
    held.delete(name);
    throw error;
  }
  return {
    async release() {
      if (!held.has(name)) return;
      await fs.remove(path);
      held.delete(name);
    },
  };
}

async function writeLock(fs: LogFileSystem, path: string, isRunning: IsRunning): Promise<void> {
  const own: Holder = { pid: process.pid, host: hostname(), incarnation: incarnationOf(process.pid) };
  if (await fs.createText(path, JSON.stringify(own))) return;
  const text = await fs.readText(path);
  const holder = parseHolder(text);
  if (holder && holder.host !== own.host) throw heldBy(path, `process ${holder.pid} on ${holder.host}`);
  const isGone = !holder || (holder.pid === own.pid ? true : !isRunning(holder.pid, holder.incarnation));
  if (!isGone) throw heldBy(path, `process ${holder.pid}`);
  // Renamed away before it is removed: of two that see the same dead holder, one fails here.
  const grave = `${path}.${own.pid}`;
  await fs.rename(path, grave).catch(() => {
    throw heldBy(path, 'another process that starts now');
  });
  const moved = await fs.readText(grave);
  if (moved !== text) {
    await fs.rename(grave, path);
    throw heldBy(path, 'another process that starts now');
  }
  await fs.remove(grave);
  if (!(await fs.createText(path, JSON.stringify(own))))
    throw heldBy(path, 'another process that starts now');
}

function parseHolder(text: string | undefined): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

function isProcessRunning(pid: number, incarnation: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false;
  }
  const now = incarnationOf(pid);
  // A pid is given again after a while; the start time tells the two processes apart where the system shows
  // it.
  return incarnation === '' || now === '' || now === incarnation;
}

/** Boot and start time of a process where `/proc` shows them, else empty. */
function incarnationOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and parentheses; field 22 counts from after its last parenthesis.
    return `${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return '';
  }
}

function heldBy(path: string, who: string): WitanError {
  const details = { path, expected: 'a log that no process has open' };
  return new WitanError(
    'already_exists',
    `the log is open in ${who}; if that is gone, remove ${path}`,
    details,
  );
}
