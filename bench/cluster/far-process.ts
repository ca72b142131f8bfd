/** The far process, as the bench sees it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ToFar } from './pair.ts';

/** One far process; says one word at a time. */
export class FarProcess {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];
  #waiting: { resolve(word: string): void; reject(error: Error): void } | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (word: string) => {
      if (this.#waiting) this.#waiting.resolve(word);
      else this.#said.push(word);
      this.#waiting = undefined;
    });
    child.once('exit', (code) => this.#waiting?.reject(new Error(`the far process ended with ${code}`)));
  }

  static async start(url: string): Promise<FarProcess> {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const script = fileURLToPath(new URL(`far-child.${ending}`, import.meta.url));
    const far = new FarProcess(fork(script, [url], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
    await far.next();
    return far;
  }

  /** Resolves when the far side counts from nothing; {@link next} then resolves when all came. */
  async expect(job: ToFar): Promise<void> {
    this.#child.send(job);
    await this.next();
  }

  /** The next word that it says. */
  next(): Promise<string> {
    const said = this.#said.shift();
    if (said !== undefined) return Promise.resolve(said);
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
