/** The ordered trace of a run, and its hash: two runs are the same when their hashes are. */
import { createHash } from 'node:crypto';

/** Takes lines in order; keeps them only when asked to. */
export class Trace {
  readonly lines: string[] = [];
  readonly #hash = createHash('sha256');
  readonly #nowMs: () => number;
  readonly #keep: boolean;
  #count = 0;

  constructor(nowMs: () => number, keep: boolean) {
    this.#nowMs = nowMs;
    this.#keep = keep;
  }

  /** Lines so far: a position that later lines stand behind. */
  get count(): number {
    return this.#count;
  }

  /** Adds a line; gives its position. */
  note(kind: string, ...details: readonly (string | number | boolean | null | undefined)[]): number {
    const line = `${this.#nowMs().toFixed(3)} ${kind} ${details.map(String).join(' ')}`;
    this.#hash.update(line).update('\n');
    if (this.#keep) this.lines.push(line);
    this.#count += 1;
    return this.#count;
  }

  /** Hash over all lines so far, 64 hex digits. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
