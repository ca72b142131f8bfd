/** The load process, as the bench sees it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadFigures, LoadJob, LoadSays } from './load-job.ts';

/** Figures of a stretch, and what it cost the process that was measured. */
export interface ServedFigures extends LoadFigures {
  /** Processor time of this process for each request that was answered well, ms, all threads. */
  readonly cpuMsEach: number;
  /** Processor time of this process by elapsed time; 1: one core all the time. */
  readonly busyShare: number;
}

/** A script beside this file, compiled or not. */
export function scriptBeside(name: string): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`${name}.${ending}`, import.meta.url));
}

/** One load process; one stretch at a time. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #said: LoadSays[] = [];
  #waiting: { resolve(said: LoadSays): void; reject(error: Error): void } | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (said: LoadSays) => {
      if (!this.#waiting) this.#said.push(said);
      this.#waiting?.resolve(said);
      this.#waiting = undefined;
    });
    child.once('exit', (code) => this.#waiting?.reject(new Error(`the load process ended with ${code}`)));
  }

  static async start(): Promise<LoadProcess> {
    const child = fork(scriptBeside('load-child'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const load = new LoadProcess(child);
    await load.#next();
    return load;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Runs a stretch. @throws Error with what the load process says */
  async run(job: LoadJob): Promise<ServedFigures> {
    this.#child.send(job);
    let cpu = process.cpuUsage();
    let startedMs = performance.now();
    for (;;) {
      const said = await this.#next();
      if (said.type === 'failed') throw new Error(`${job.target.wire} ${job.target.path}: ${said.error}`);
      if (said.type === 'measuring') {
        cpu = process.cpuUsage();
        startedMs = performance.now();
      }
      if (said.type !== 'done') continue;
      const { user, system } = process.cpuUsage(cpu);
      const cpuMs = (user + system) / 1_000;
      return {
        ...said.figures,
        cpuMsEach: cpuMs / Math.max(1, said.figures.doneCount),
        busyShare: cpuMs / (performance.now() - startedMs),
      };
    }
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  #next(): Promise<LoadSays> {
    const said = this.#said.shift();
    if (said) return Promise.resolve(said);
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }
}
