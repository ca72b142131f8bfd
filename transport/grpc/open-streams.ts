/** All streams of the door: counted, and ended together when it closes. */
import { WitanError } from '../../contracts/errors.ts';
import type { GatePass } from '../../runtime/kernel/ports/admission/gate.ts';

/** See the head of this file. */
export class OpenStreams {
  readonly #maxCount: number;
  readonly #ends = new Set<(error: WitanError) => void>();
  #isClosing = false;

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  get count(): number {
    return this.#ends.size;
  }

  /**
   * Counts a stream in; returns what counts it out and releases its pass. A refused one is released here.
   * @throws overloaded, unavailable
   */
  enter(end: (error: WitanError) => void, pass: Pick<GatePass, 'release'>): () => void {
    const refusal = this.#refusal();
    if (refusal) {
      pass.release();
      throw refusal;
    }
    this.#ends.add(end);
    return () => {
      this.#ends.delete(end);
      pass.release();
    };
  }

  /** Ends every stream; later ones are refused. */
  close(): void {
    this.#isClosing = true;
    for (const end of this.#ends) end(closing());
  }

  #refusal(): WitanError | undefined {
    if (this.#isClosing) return closing();
    if (this.#ends.size < this.#maxCount) return undefined;
    return new WitanError('overloaded', 'too many streams are open', { retryAfterMs: 5_000 });
  }
}

function closing(): WitanError {
  return new WitanError('unavailable', 'the node closes its doors', { retryAfterMs: 1_000 });
}
