/** Folders of a child process that is killed at a step and started again: prepared once, copied for each case. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from '../harness.ts';
import type { Suite } from '../harness.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What a run of the child ended with. */
export interface ChildRun<Seen> {
  readonly signal: string | null;
  /** What it said it saw; undefined when it was killed. */
  readonly seen: Seen | undefined;
}

/** A child program, called with a folder, what to do, and the step at which it kills itself. */
export class CutOffChild<Seen> {
  readonly #file: string;
  #prepared = '';

  /** `isPrepared` checks what the child saw when it prepared the folder, before the tests of `test`. */
  constructor(test: Suite, file: string, isPrepared: (seen: Seen) => void) {
    this.#file = file;
    test.before(() => {
      this.#prepared = mkdtempSync(join(tmpdir(), 'witan-prepared-'));
      isPrepared(this.run(this.#prepared, 'prepare').seen!);
    });
    test.after(() => rmSync(this.#prepared, { recursive: true, force: true }));
  }

  run(folder: string, mode: string, step = ''): ChildRun<Seen> {
    const args = [...SOURCE_FLAGS, join(import.meta.dirname, this.#file), folder, mode, step];
    const { signal, status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT });
    if (signal === null) assert.is(status, 0, `${mode} ${step}: ${stderr.toString()}`);
    return { signal, seen: signal === null ? (JSON.parse(stdout.toString()) as Seen) : undefined };
  }

  /** Runs `body` on a copy of the prepared folder. */
  async onCopy(body: (folder: string) => void | Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'witan-cut-off-'));
    try {
      cpSync(this.#prepared, folder, { recursive: true });
      await body(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
