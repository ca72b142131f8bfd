/** One launcher a folder: who runs there, and what a launcher that was killed left running. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LaunchError } from './nats-server.ts';

interface Running {
  readonly pid: number;
  /** When the process began, in ticks since boot: another of the same number is another process. */
  readonly startTicks: string;
}

interface Content {
  readonly launcher: Running;
  readonly children: readonly Running[];
}

/** The file that says who runs in a folder. */
export class ClusterLock {
  readonly #file: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, 'running.json');
  }

  /** Takes the folder; ends what a killed launcher left. @throws LaunchError when another runs there */
  take(note: (line: string) => void): void {
    const left = this.#read();
    if (left && isRunning(left.launcher))
      throw new LaunchError(`a cluster runs there already (process ${left.launcher.pid}); end it first`, 1);
    for (const child of left?.children ?? []) {
      if (!isRunning(child)) continue;
      note(`ending process ${child.pid}, which an earlier run left behind`);
      process.kill(child.pid, 'SIGKILL');
    }
    this.write([]);
  }

  /** Says which processes belong to this run. */
  write(pids: readonly number[]): void {
    const content: Content = {
      launcher: running(process.pid)!,
      children: pids.flatMap((pid) => running(pid) ?? []),
    };
    writeFileSync(this.#file, JSON.stringify(content));
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }

  #read(): Content | undefined {
    if (!existsSync(this.#file)) return undefined;
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Content;
    } catch {
      // Cut off while it was written: nothing had been started then.
      return undefined;
    }
  }
}

function running(pid: number): Running | undefined {
  const startTicks = startOf(pid);
  return startTicks === undefined ? undefined : { pid, startTicks };
}

function isRunning({ pid, startTicks }: Running): boolean {
  return startOf(pid) === startTicks;
}

/** @source proc(5), field starttime */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
