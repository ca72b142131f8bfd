/** Texts that ended workers: remembered for a while, so that they are refused without ending another. */
import { createHash } from 'node:crypto';

const MOST_KEPT = 256;
const KEPT_MS = 600_000;

/** The newest few hundred of one model; holds digests, never texts. */
export class PoisonList {
  /** End of the remembering by digest, oldest first. */
  readonly #untilMs = new Map<string, number>();

  add(text: string, nowMs: number): void {
    const digest = digestOf(text);
    this.#untilMs.delete(digest);
    this.#untilMs.set(digest, nowMs + KEPT_MS);
    if (this.#untilMs.size > MOST_KEPT) this.#untilMs.delete(this.#untilMs.keys().next().value!);
  }

  /** Costs nothing while no text is remembered. */
  has(text: string, nowMs: number): boolean {
    if (this.#untilMs.size === 0) return false;
    const digest = digestOf(text);
    const untilMs = this.#untilMs.get(digest);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.#untilMs.delete(digest);
    return false;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
