/** Open or closed: what every port over NATS asks before it works. */
import { WitanError } from '../../../contracts/errors.ts';

/** Refuses work once closed, and ends what waits then. */
export class PortGate {
  readonly #name: string;
  /** Told when the port closes. */
  readonly waiters = new Set<(error: WitanError) => void>();
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
    if (this.isClosed) throw this.error();
  }

  /** The refusal. */
  error(): WitanError {
    return new WitanError('unavailable', `the ${this.#name} is closed`);
  }

  /** Runs `work`; a failure that the closing caused is the refusal. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.assertOpen();
    try {
      return await work();
    } catch (error) {
      if (this.isClosed) throw this.error();
      throw error;
    }
  }

  /** Closes; true at the first call alone. */
  close(): boolean {
    if (this.isClosed) return false;
    this.#isClosed = true;
    for (const tell of [...this.waiters]) tell(this.error());
    this.waiters.clear();
    return true;
  }
}
