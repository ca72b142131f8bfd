/** The process of the watchers, as the bench sees it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { HOW_MANY } from './watch-job.ts';

/** One process with many watchers. */
export class Watchers {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(url: string, count: number): Promise<Watchers> {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const script = fileURLToPath(new URL(`watch-child.${ending}`, import.meta.url));
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as ('ignore' | 'inherit' | 'ipc')[];
    const watchers = new Watchers(fork(script, [url, String(count)], { stdio }));
    await watchers.#next();
    return watchers;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Changes that all watchers have taken in since their start. */
  seen(): Promise<number> {
    this.#child.send(HOW_MANY);
    return this.#next();
  }

  /** The same once nothing more comes. */
  async settled(): Promise<number> {
    for (let before = await this.seen(); ;) {
      await delay(100);
      const now = await this.seen();
      if (now === before) return now;
      before = now;
    }
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  #next(): Promise<number> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the watchers ended with ${code}`));
      this.#child.once('exit', ended);
      this.#child.once('message', (count: number) => {
        this.#child.off('exit', ended);
        resolve(count);
      });
    });
  }
}
