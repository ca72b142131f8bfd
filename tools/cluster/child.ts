/** A program that belongs to the cluster: its lines are told, and its end is bounded. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What is started. */
export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Takes each line of its output. */
  onLine(line: string): void;
}

// Lines that are kept, for whoever asks later what it said.
const KEPT_LINES = 200;

/** One running program. */
export class Child {
  readonly name: string;
  /** Resolves with how it ended; never rejects. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<() => void>();
  #end: string | undefined;

  constructor({ name, command, args, env = process.env, onLine }: ChildOptions) {
    this.name = name;
    // A group of its own: Ctrl-C reaches the launcher alone, which ends all in their order.
    this.#child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line);
        if (this.#lines.length > KEPT_LINES) this.#lines.shift();
        onLine(line);
        this.#tell();
      });
    this.ended = new Promise((resolve) => {
      const over = (how: string): void => {
        this.#end ??= how;
        this.#tell();
        resolve(this.#end);
      };
      this.#child.once('error', (error) => over(error.message));
      this.#child.once('close', (code, signal) => over(signal ?? `exit code ${code}`));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** Last lines that it printed. */
  get tail(): string {
    return this.#lines.slice(-12).join('\n');
  }

  /** Resolves with the first line that matches. Rejects when it ends before, or after `limitMs`. */
  says(pattern: RegExp, limitMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const done = (finish: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        finish();
      };
      const look = (): void => {
        const line = this.#lines.find((each) => pattern.test(each));
        if (line !== undefined) return done(() => resolve(line));
        if (this.#end === undefined) return;
        done(() => reject(new Error(`${this.name} ended (${this.#end})\n${this.tail}`)));
      };
      const timer = setTimeout(() => {
        done(() => reject(new Error(`${this.name} was not ready within ${limitMs / 1_000} s\n${this.tail}`)));
      }, limitMs);
      this.#listeners.add(look);
      look();
    });
  }

  /** Asks it to end, and ends it where it stands when it has not within `limitMs`. Idempotent. */
  async stop(limitMs: number): Promise<string> {
    if (this.#end !== undefined) return this.#end;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
    const how = await this.ended;
    clearTimeout(timer);
    return how;
  }

  /** Ends it now. */
  kill(): void {
    if (this.#end === undefined) this.#child.kill('SIGKILL');
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
