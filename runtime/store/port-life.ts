/** Open or closed: the part of a port's life that every in-process store shares. */
import { WitanError } from '../../contracts/errors.ts';

/** Refuses work once closed. */
export class PortLife {
  readonly #name: string;
  #isClosed = false;

  /** @param name How the port is named in its refusal. */
  constructor(name: string) {
    this.#name = name;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws unavailable after `close` */
  assertOpen(): void {
    if (this.#isClosed) throw new WitanError('unavailable', `the ${this.#name} is closed`);
  }

  /** Closes; true at the first call alone. */
  close(): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    return true;
  }
}
