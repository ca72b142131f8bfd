/** A subject at one case, in its own process. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RoundReply, RoundRequest } from './child.ts';
import type { Readings } from './reading-cases.ts';
import type { CaseName } from './subject.ts';
import type { SubjectName } from './subjects.ts';

/** Which process to start. */
export interface PlayerOptions {
  readonly subject: SubjectName;
  readonly caseName: CaseName;
  readonly quick: boolean;
  /** Time after which a round is given up and its process ended, ms. */
  readonly limitMs: number;
}

/** One child process, asked round by round; idle between its turns. */
export class Player {
  readonly subject: SubjectName;
  readonly #child: ChildProcess;
  readonly #limitMs: number;
  readonly #ready: Promise<RoundReply>;
  /** Why it can go on no more. */
  failure: string | undefined;

  constructor({ subject, caseName, quick, limitMs }: PlayerOptions) {
    this.subject = subject;
    this.#limitMs = limitMs;
    // Also run from source: the ending of this file says which child there is.
    const file = fileURLToPath(
      new URL(import.meta.url.endsWith('.ts') ? 'child.ts' : 'child.js', import.meta.url),
    );
    this.#child = fork(file, [subject, caseName, quick ? 'quick' : 'full'], {
      execArgv: [...new Set([...process.execArgv, '--expose-gc'])],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#ready = this.#reply();
  }

  /** One round; undefined once it has failed. */
  async round(roundMs: number): Promise<Readings | undefined> {
    if (this.failure !== undefined) return undefined;
    const ready = await this.#ready;
    if (ready.error === undefined) this.#child.send({ roundMs } satisfies RoundRequest);
    const { readings, error } = ready.error === undefined ? await this.#reply() : ready;
    if (error !== undefined) this.#fail(error);
    return readings;
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  #fail(why: string): void {
    this.failure ??= why;
    this.close();
  }

  #reply(): Promise<RoundReply> {
    return new Promise((resolve) => {
      const end = (reply: RoundReply): void => {
        clearTimeout(timer);
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
        resolve(reply);
      };
      const onMessage = (reply: RoundReply): void => end(reply);
      const onExit = (code: number | null, signal: string | null): void =>
        end({ error: `the process ended with ${signal ?? code}` });
      const timer = setTimeout(
        () => end({ error: `no end within ${this.#limitMs / 1_000} s` }),
        this.#limitMs,
      );
      this.#child.on('message', onMessage);
      this.#child.on('exit', onExit);
    });
  }
}
